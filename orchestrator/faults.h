// Faults of links between instances or zones and faults inside processes (control/fault_kinds.h),
// each with an owner and an end. The daemons carry them out (base/rt/fabric.h,
// base/core/inner_faults.h); they also end there by themselves.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/wire/control_types.h"
#include "orchestrator/store.h"

namespace multiaz::orchestrator {

constexpr uint64_t kFaultMsDefault = 5000;
constexpr uint64_t kFaultMsMax = 3'600'000;
constexpr uint64_t kDelayMsMax = 60'000;
constexpr size_t kFaultsMax = 256;

struct Fault {
  std::string id, kind, owner;
  std::string a, b;                   // as asked for: targets; b of links only
  std::vector<std::string> from, to;  // what they meant then: addresses or prefixes
  std::vector<std::string> touched;   // instances at either end
  uint64_t delay_ms = 0, jitter_ms = 0;
  uint64_t amount = 0, percent = 0;  // control/fault_kinds.h
  std::string point;
  Nanos since = 0, until = 0;  // CLOCK_MONOTONIC
};
constexpr const char* kControlEnd = "control";  // the control plane as one end of a link
inline bool touches_control(const Fault& fault) {
  return fault.a == kControlEnd || fault.b == kControlEnd;
}
nlohmann::ordered_json fault_json(const Fault& fault);

class FaultTable {
 public:
  explicit FaultTable(Store& store) : store_(store) {}
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

  Store& store_;
  uint64_t next_ = 1;
  std::map<std::string, Fault> faults_;
};

}  // namespace multiaz::orchestrator
