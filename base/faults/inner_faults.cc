#include "base/faults/inner_faults.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace multiaz {

namespace {

[[noreturn]] void be_gone() {
  ::kill(::getpid(), SIGKILL);
  std::abort();  // not reached
}

// The clocks of this process follow what is in force.
void set_clocks(const std::optional<InnerRule>& jump, const std::optional<InnerRule>& drift) {
  int64_t ahead_ms = jump ? static_cast<int64_t>(jump->amount) : 0;
  if (jump && jump->point == "back") ahead_ms = -ahead_ms;
  set_wall_offset_ms(ahead_ms);
  int64_t ppm = drift ? static_cast<int64_t>(drift->amount) : 0;
  if (drift && drift->point == "slow") ppm = -ppm;
  set_clock_drift_ppm(ppm, drift ? drift->until : 0);
}

}  // namespace

std::optional<InnerRule> InnerFaults::find(FaultId kind, Nanos now) const {
  for (const InnerRule& rule : rules_) {
    if (rule.kind == kind && now < rule.until) return rule;
  }
  return std::nullopt;
}

void InnerFaults::set(std::vector<InnerRule> rules) {
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
  settle();
}

bool InnerFaults::expire() {
  const Nanos now = monotonic_now();
  const std::lock_guard lock(mutex_);
  const auto over = [now](const InnerRule& rule) { return now >= rule.until; };
  if (std::erase_if(rules_, over) > 0) settle();
  return !rules_.empty();
}

void InnerFaults::settle() {
  const Nanos now = monotonic_now();
  any_ = !rules_.empty();
  const auto jump = find("clock_jump"_fault, now), drift = find("clock_drift"_fault, now);
  if (jump && done_.emplace(jump->id + "/set", true).second) ++hits_["clock_jump"];
  if (drift && done_.emplace(drift->id + "/set", true).second) ++hits_["clock_drift"];
  set_clocks(jump, drift);
}

std::optional<InnerRule> InnerFaults::active(FaultId kind) {
  if (quiet()) return std::nullopt;
  const Nanos now = monotonic_now();
  const std::lock_guard lock(mutex_);
  return find(kind, now);
}

std::optional<InnerRule> InnerFaults::strikes(FaultId kind, uint32_t dice) {
  auto rule = active(kind);
  if (!rule || dice >= rule->percent) return std::nullopt;
  count(kind);
  return rule;
}

void InnerFaults::count(FaultId kind) {
  const std::lock_guard lock(mutex_);
  ++hits_[std::string(to_string(kind))];
}

bool InnerFaults::first_time(const std::string& rule, std::string_view what) {
  const std::lock_guard lock(mutex_);
  return done_.emplace(rule + "/" + std::string(what), true).second;
}

void InnerFaults::at(std::string_view point) {
  const Nanos now = monotonic_now();
  bool end = false, stop = false;
  {
    const std::lock_guard lock(mutex_);
    for (const InnerRule& rule : rules_) {
      const bool ends = rule.kind == "crash_at"_fault || rule.kind == "stop_at"_fault;
      if (!ends || rule.point != point || now >= rule.until) continue;
      if (++passed_[rule.id] != std::max<uint64_t>(rule.amount, 1)) continue;
      (rule.kind == "crash_at"_fault ? end : stop) = true;
      ++hits_[std::string(to_string(rule.kind))];
    }
  }
  if (end) be_gone();
  if (stop) ::kill(::getpid(), SIGSTOP);
}

std::vector<std::string> InnerFaults::in_force() {
  const Nanos now = monotonic_now();
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const InnerRule& rule : rules_) {
    if (now < rule.until) out.push_back(rule.id);
  }
  return out;
}

std::map<std::string, uint64_t> InnerFaults::hits() {
  const std::lock_guard lock(mutex_);
  return hits_;
}

void InnerFaults::on_power_loss(std::function<void()> undo) {
  const std::lock_guard lock(mutex_);
  undo_ = std::move(undo);
}

void InnerFaults::lose_power() {
  std::function<void()> undo;
  {
    const std::lock_guard lock(mutex_);
    undo = undo_;
  }
  if (undo) undo();
  be_gone();
}

InnerFaults& inner_faults() {
  static InnerFaults instance;
  return instance;
}

}  // namespace multiaz
