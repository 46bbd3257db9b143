// Faults of links between instances or zones, and faults inside processes (base/faults/kinds.h).
// Each has an owner and an end. The daemons carry them out (base/rt/fabric.h,
// base/faults/inner_faults.h) and also end them without a further order.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/wire/control_types.h"
#include "orchestrator/control/state_store.h"
#include "orchestrator/faults/fault.h"

namespace multiaz::orchestrator {

constexpr uint64_t kFaultMsDefault = 5000;
constexpr uint64_t kFaultMsMax = 3'600'000;
constexpr uint64_t kDelayMsMax = 60'000;
constexpr size_t kFaultsMax = 256;
// All faults together have at most so many, because every daemon gets all of them.
constexpr size_t kFaultPairsMax = 10'000;

class FaultTable {
 public:
  explicit FaultTable(StateStore& store) : store_(store) {}
  Status load();

  // Fills in the id. kInvalid names what is allowed; kLimit: there are too many faults.
  Result<Fault> add(Fault fault);
  // Removes the fault with that id, all of an owner ("owner:zone az-a"), or all ("all").
  std::vector<Fault> heal(const std::string& id);
  std::vector<Fault> expire(Nanos now);
  // The faults that are over because this process has ended: their kind ends a process, and it was
  // the last that they were for.
  std::vector<Fault> spent(const std::string& ended);
  [[nodiscard]] const std::map<std::string, Fault>& all() const { return faults_; }
  // One entry for each pair of ends. Faults with the control plane at one end are not among them:
  // the orchestrator carries those out itself, because a daemon that is cut off gets no order to
  // heal.
  [[nodiscard]] std::vector<wire::FaultInfo> to_wire(Nanos now) const { return pairs(now, false); }
  [[nodiscard]] std::vector<wire::FaultInfo> own(Nanos now) const { return pairs(now, true); }

 private:
  void save();
  [[nodiscard]] std::vector<wire::FaultInfo> pairs(Nanos now, bool of_control) const;

  StateStore& store_;
  uint64_t next_ = 1;
  std::map<std::string, Fault> faults_;
};

}  // namespace multiaz::orchestrator
