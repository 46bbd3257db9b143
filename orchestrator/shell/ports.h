// Somebody's own program says nothing to us; but it serves only when a process of its own holds its
// port. Another process there answers in its place, and every health check would believe it.
#pragma once

#include "orchestrator/control/events.h"
#include "orchestrator/control/state.h"

namespace multiaz::orchestrator {

class PortWatch {
 public:
  [[nodiscard]] bool due(Nanos now) const { return now >= next_at_; }
  void look_soon() { next_at_ = 0; }
  // Who holds the ports of all such instances that run. Reads /proc.
  [[nodiscard]] PortsSeen look(const State& state) const;
  // `state` knows what was seen: when all are well the next look has time.
  void looked(Nanos now, const State& state);

 private:
  Nanos next_at_ = 0;
};

}  // namespace multiaz::orchestrator
