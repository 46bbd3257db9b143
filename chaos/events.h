// Follows the control plane's events while a run lasts, for the record and for faults that wait for
// an event.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/rt/stop.h"
#include "base/rt/sync.h"
#include "chaos/cluster.h"
#include "chaos/plan/scenario.h"

namespace multiaz::chaos {

class Events {
 public:
  explicit Events(Cluster& cluster) : cluster_(cluster) {}
  // Polls until `stop`.
  rt::Task<void> follow(rt::Stop& stop);
  // Polls once more for the events that came since the last poll.
  rt::Task<void> catch_up();
  [[nodiscard]] const std::vector<Event>& all() const { return all_; }
  // Whether the trigger's event has come since `from` (CLOCK_MONOTONIC).
  [[nodiscard]] bool happened(const Trigger& trigger, Nanos from) const;
  // Waits for the trigger's event, counted from `from` (CLOCK_MONOTONIC). False: stop was
  // requested.
  rt::Task<bool> wait_for(Trigger trigger, Nanos from, rt::Stop& stop);

 private:
  Cluster& cluster_;
  std::vector<Event> all_;
  uint64_t last_seq_ = 0;
  size_t waiters_ = 0;
};

}  // namespace multiaz::chaos
