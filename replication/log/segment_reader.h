// Reads records back from segment files.
#pragma once

#include <deque>
#include <functional>

#include "replication/log/log_options.h"
#include "replication/log/recover.h"

namespace multiaz::replication {

// Returns a job for any thread that reads records first..last and uses nothing but the files. It
// reads at most bytes_max, but at least one record. kCorrupt names file and offset. REQUIRES: the
// segments hold `first`.
std::function<Result<LogSlice>()> read_job(const std::deque<Segment>& segments, Lsn first, Lsn last,
                                           uint64_t bytes_max);

}  // namespace multiaz::replication
