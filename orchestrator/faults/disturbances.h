// The faults that are in force: they are added, healed, and removed when their time is over.
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

  // The daemons get the fault at once. Errors are those of FaultTable::add.
  Result<Fault> add(Fault fault);
  std::vector<Fault> heal(const std::string& id, const std::string& why);

 private:
  Context& c_;
};

}  // namespace multiaz::orchestrator
