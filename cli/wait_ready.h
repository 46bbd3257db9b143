// Waits for a cluster that has just been started. On a terminal it shows what it waits for.
#pragma once

#include "base/core/result.h"
#include "base/rt/task.h"
#include "cli/remote.h"

namespace multiaz::cli {

constexpr uint64_t kPageMs = 60'000;
// so many ends of one instance during the wait mean that it does not start
constexpr uint64_t kEndsToTell = 3;
constexpr uint64_t kHealthyMs = 120'000;

// Returns when the shop has served a page. kUnavailable: the cluster has ended; kTimeout names what
// is missing.
rt::Task<Status> wait_for_page(Remote& remote);
// Returns when every role is filled and in sync.
rt::Task<Status> wait_for_health(Remote& remote);

}  // namespace multiaz::cli
