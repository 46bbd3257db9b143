// Faults inside this process (those of FaultScope::kProcess), as the control plane orders them: a
// disk that is slow or fails, a clock that runs wrong, requests that fail, an end at a named point.
// Each has an end of its own (`until`), so that it ends although its owner may be gone.
// Thread-safe; costs one atomic read while there are none. Faults of links are the fabric's
// (base/rt/fabric.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/faults/kinds.h"

namespace multiaz {

struct InnerRule {
  std::string id;
  FaultId kind = "disk_slow"_fault;
  uint64_t amount = 0;
  uint32_t percent = 100;
  std::string point;
  Nanos until = 0;  // CLOCK_MONOTONIC
};

class InnerFaults {
 public:
  // Replaces all rules; what an unchanged rule has counted is kept.
  void set(std::vector<InnerRule> rules);
  // Drops what is over. True while there are rules.
  bool expire();
  // The rule of that kind in force now.
  std::optional<InnerRule> active(FaultId kind);
  // As active(), and counts that it acted. With `percent` below 100 `dice` in [0, 100) decides.
  std::optional<InnerRule> strikes(FaultId kind, uint32_t dice = 0);
  void count(FaultId kind);
  // The process is at a named point: it may end here.
  void at(std::string_view point);
  [[nodiscard]] bool quiet() const { return !any_.load(std::memory_order_relaxed); }
  // True once for each rule's id and name.
  bool first_time(const std::string& rule, std::string_view what);
  // The ids of the rules that are in force now.
  std::vector<std::string> in_force();
  // How often each kind acted: "disk_slow" -> 12.
  std::map<std::string, uint64_t> hits();
  // What undoes unsynced writes before the power is gone; the last one set counts.
  void on_power_loss(std::function<void()> undo);
  [[noreturn]] void lose_power();

 private:
  std::optional<InnerRule> find(FaultId kind, Nanos now) const;
  void settle();  // REQUIRES: locked; the rules have changed

  std::atomic<bool> any_{false};
  std::mutex mutex_;
  std::vector<InnerRule> rules_;
  std::map<std::string, uint64_t> passed_;  // by rule id: how often its point was passed
  std::map<std::string, uint64_t> hits_;
  std::map<std::string, bool> done_;
  std::function<void()> undo_;
};

InnerFaults& inner_faults();  // of this process
inline void fault_point(std::string_view point) {
  if (!inner_faults().quiet()) inner_faults().at(point);
}

}  // namespace multiaz
