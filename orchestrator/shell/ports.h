// Watches the ports of foreign programs. Such a program reports nothing, and it serves only when a
// process of its own holds its port: another process there would answer in its place, and every
// health check would believe it.
#pragma once

#include "orchestrator/control/events.h"
#include "orchestrator/control/state.h"

namespace multiaz::orchestrator {

class PortWatch {
 public:
  [[nodiscard]] bool due(Nanos now) const { return now >= next_at_; }
  void look_soon() { next_at_ = 0; }
  // The holders of the ports of all foreign programs that run. Reads /proc.
  [[nodiscard]] PortsSeen look(const State& state) const;
  // Sets the time of the next look, which is later when all instances of `state` are well.
  void looked(Nanos now, const State& state);

 private:
  Nanos next_at_ = 0;
};

}  // namespace multiaz::orchestrator
