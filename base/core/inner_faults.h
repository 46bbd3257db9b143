// Faults inside this process, as the control plane orders them: a disk that is slow or fails, a
// clock that runs wrong, requests that fail, an end at a named point. Each has an end of its own
// (`until`), so that it is over whoever set it. Thread-safe; costs one atomic read while there are
// none. Faults of links are the fabric's (base/rt/fabric.h).
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

namespace multiaz {

enum class InnerFault {
  kDiskSlow,         // amount: ms more for each write and sync
  kDiskError,        // syncs fail as with EIO
  kDiskFull,         // writes fail as with ENOSPC
  kTornWrite,        // half of the next write, then this process is gone
  kPowerLoss,        // after `amount` ms: what was not synced is undone, this process is gone
  kBitFlip,          // one bit in the file written last, `amount` per mille into it
  kClockJump,        // amount: ms that the wall clock is ahead; point "back": behind
  kClockDrift,       // amount: ppm that the monotonic clock is fast; point "slow": slow
  kCpuHog,           // percent of the loop's time is burnt
  kMemoryHog,        // amount: MiB that are held
  kFdExhaustion,     // amount: file descriptors that may still be opened
  kSlowRequests,     // amount: ms before `percent` of the requests are looked at; health is good
  kFailingRequests,  // `percent` of the requests end with 500; health is good
  kHealthLie,        // health is bad, and nothing else is
  kDnsOutage,        // queries are not answered
  kDnsLie,           // names lead nowhere
  kCrashAt,          // SIGKILL to itself when it is at `point` for the `amount`-th time
  kStopAt,           // SIGSTOP likewise
};
std::string_view to_string(InnerFault kind);  // "disk_slow"
std::optional<InnerFault> inner_fault_from(std::string_view name);

// Where a process can be ended: between two steps that must not come apart.
constexpr std::string_view kInnerPoints[] = {
    "before_append",       // a primary was asked for a write
    "after_local_append",  // it is in the own log, nobody else has it
    "after_commit",        // every in-sync member has it, the client has no answer
    "promote",             // a new primary, before it serves
    "after_db_commit",     // webnode: an order is in the database, the shopper does not know
};

struct InnerRule {
  std::string id;
  InnerFault kind = InnerFault::kDiskSlow;
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
  std::optional<InnerRule> active(InnerFault kind);
  // As active(), and counts that it acted. With `percent` below 100 `dice` in [0, 100) decides.
  std::optional<InnerRule> strikes(InnerFault kind, uint32_t dice = 0);
  void count(InnerFault kind);
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
  std::optional<InnerRule> find(InnerFault kind, Nanos now) const;
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
