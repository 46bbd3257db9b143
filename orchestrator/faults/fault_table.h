// Faults of links between instances or zones and faults inside processes (base/faults/kinds.h),
// each with an owner and an end. The daemons carry them out (base/rt/fabric.h,
// base/faults/inner_faults.h); they also end there by themselves.
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
constexpr size_t kFaultPairsMax = 10'000;  // of ends, in all faults: each daemon is told of each

class FaultTable {
 public:
  explicit FaultTable(StateStore& store) : store_(store) {}
  Status load();

  // Fills in the id. kInvalid names what is allowed; kLimit.
  Result<Fault> add(Fault fault);
  // The fault with that id, all of an owner ("owner:zone az-a"), or all ("all").
  std::vector<Fault> heal(const std::string& id);
  std::vector<Fault> expire(Nanos now);
  // Those that were for this process and are over with it.
  std::vector<Fault> spent(const std::string& ended);
  [[nodiscard]] const std::map<std::string, Fault>& all() const { return faults_; }
  // One entry for each pair of ends. Those with the control plane at one end are carried out by the
  // orchestrator itself, so that it can heal them: a daemon that is cut off hears no order.
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
