// Link faults: cuts and delays between instances or zones, each with an owner and an end. The
// daemons carry them out (base/rt/fabric.h); they also end there by themselves.
#pragma once

#include <map>
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
  std::string id, kind, owner;        // kind: "cut" "cut_one_way" "delay"
  std::string a, b;                   // as asked for: targets
  std::vector<std::string> from, to;  // what they meant then: addresses or prefixes
  std::vector<std::string> touched;   // instances at either end
  uint64_t delay_ms = 0, jitter_ms = 0;
  Nanos since = 0, until = 0;  // CLOCK_MONOTONIC
};
std::string fault_to_json(const Fault& fault);

class FaultTable {
 public:
  explicit FaultTable(Store& store) : store_(store) {}
  Status load();

  // Fills in the id. kInvalid names what is allowed; kLimit.
  Result<Fault> add(Fault fault);
  // The fault with that id, or all ("all").
  std::vector<Fault> heal(const std::string& id);
  std::vector<Fault> expire(Nanos now);
  [[nodiscard]] const std::map<std::string, Fault>& all() const { return faults_; }
  // One entry for each pair of ends.
  [[nodiscard]] std::vector<wire::FaultInfo> to_wire(Nanos now) const;

 private:
  void save();

  Store& store_;
  uint64_t next_ = 1;
  std::map<std::string, Fault> faults_;
};

}  // namespace multiaz::orchestrator
