#include "orchestrator/faults/disturbances.h"

#include <csignal>
#include <utility>

namespace multiaz::orchestrator {

void Disturbances::tick() {
  for (const Fault& fault : c_.faults.expire(c_.now.monotonic)) {
    c_.event("orchestrator", "heal", fault.id,
             fault.kind + " " + fault.a + (fault.b.empty() ? "" : " " + fault.b) + " is over");
    c_.state.topology_dirty = true;
    if (fault.kind != "stop_at") continue;
    for (const std::string& id : fault.touched) {
      // A fault that an earlier orchestrator stored may name an instance that is forgotten since.
      // The signal is no order of a user, so what is known about the instance stays as it is.
      const Instance* one = c_.state.instance(id);
      if (one) c_.emit(SignalProcess{id, one->launch, SIGCONT, fault.kind + " is over"});
    }
  }
}

Result<Fault> Disturbances::add(Fault fault) {
  auto added = c_.faults.add(std::move(fault));
  if (added) c_.push_topology();
  return added;
}

std::vector<Fault> Disturbances::heal(const std::string& id, const std::string& why) {
  std::vector<Fault> healed = c_.faults.heal(id);
  for (const Fault& fault : healed) {
    c_.event("api", "heal", fault.id, fault.kind + " " + fault.a + " " + fault.b + ": " + why);
  }
  if (!healed.empty()) c_.push_topology();
  return healed;
}

}  // namespace multiaz::orchestrator
