// Reads records back from segment files.
#pragma once

#include <deque>
#include <functional>

#include "replication/log/log_options.h"
#include "replication/log/recover.h"

namespace multiaz::replication {

// Records first..last as a job for any thread: it touches nothing but the files. At most bytes_max
// of them, but at least one record. kCorrupt names file and offset. REQUIRES: the segments hold
// `first`.
std::function<Result<LogSlice>()> read_job(const std::deque<Segment>& segments, Lsn first, Lsn last,
                                           uint64_t bytes_max);

}  // namespace multiaz::replication
