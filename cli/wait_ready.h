// Waits for a cluster that has just been started. On a terminal it says what it waits for.
#pragma once

#include "base/core/result.h"
#include "base/rt/task.h"
#include "cli/remote.h"

namespace multiaz::cli {

constexpr uint64_t kPageMs = 60'000;
constexpr uint64_t kEndsToTell = 3;  // of one instance while it is awaited: it does not start
constexpr uint64_t kHealthyMs = 120'000;

// The shop has served a page. kUnavailable: the cluster has ended; kTimeout names what is missing.
rt::Task<Status> wait_for_page(Remote& remote);
// Every role is filled and in sync.
rt::Task<Status> wait_for_health(Remote& remote);

}  // namespace multiaz::cli
