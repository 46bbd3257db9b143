// Takes the reports of instances about themselves, and those of load balancers about targets.
#pragma once

#include <string>

#include "orchestrator/control/context.h"
#include "orchestrator/rds/groups.h"

namespace multiaz::orchestrator {

// Whether a process that proved the cluster key is the one that is expected under its name.
Status admit(const State& state, const wire::Hello& hello);

class Reports {
 public:
  Reports(Context& context, Groups& groups) : c_(context), groups_(groups) {}
  void hello(const wire::Hello& hello);
  void message(const MessageSaid& said);
  void found_running(const FoundRunning& found);
  void ports(const PortsSeen& seen);

 private:
  void status(Instance& instance, const wire::StatusReport& report);
  void take_state(Instance& instance, const wire::StatusReport& report);
  void take_port(Instance& instance, const PortSeen& seen);

  Context& c_;
  Groups& groups_;
};

}  // namespace multiaz::orchestrator
