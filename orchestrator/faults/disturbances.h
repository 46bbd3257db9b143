// The faults that are placed: added, healed, and over by themselves.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/control/context.h"

namespace multiaz::orchestrator {

class Disturbances {
 public:
  explicit Disturbances(Context& context) : c_(context) {}
  Status load() { return c_.faults.load(); }
  void tick();

  // Errors of FaultTable::add. The daemons are told at once.
  Result<Fault> add(Fault fault);
  std::vector<Fault> heal(const std::string& id, const std::string& why);

 private:
  Context& c_;
};

}  // namespace multiaz::orchestrator
