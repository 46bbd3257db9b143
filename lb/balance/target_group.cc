#include "lb/balance/target_group.h"

#include <algorithm>
#include <utility>

#include "base/core/random.h"

namespace multiaz::lb {

Changes TargetGroup::update(const std::vector<TargetSpec>& specs, Nanos now) {
  Changes changes;
  std::map<std::string, TargetSpec> wanted;
  for (const TargetSpec& spec : specs) wanted.insert_or_assign(spec.id, spec);
  for (auto at = targets_.begin(); at != targets_.end();) {
    const TargetSpec& have = at->second.spec;
    const auto found = wanted.find(at->first);
    const bool same = found != wanted.end() && found->second.ip == have.ip &&
                      found->second.port == have.port && found->second.zone == have.zone;
    if (!same) changes.removed.push_back(at->first);
    if (!same) anomalies_.forget(at->first);
    at = same ? std::next(at) : targets_.erase(at);
  }
  for (const auto& [id, spec] : wanted) {
    const auto [place, added] = targets_.try_emplace(id);
    Target& target = place->second;
    target.spec = spec;
    if (added) changes.added.push_back(id);
    if (!spec.draining) {
      target.draining_until = 0;
    } else if (target.draining_until == 0) {
      target.draining_until = now + policy_.deregistration_delay;
      changes.draining.push_back(id);
    }
  }
  return changes;
}

bool TargetGroup::record_check(const std::string& id, bool passed, std::string reason, Nanos now) {
  const auto found = targets_.find(id);
  if (found == targets_.end()) return false;
  Target& target = found->second;
  target.reason = passed ? std::string() : std::move(reason);
  const bool changed = target.state.record(passed, policy_.thresholds);
  if (changed && target.state.health() == Health::kHealthy) begin_slow_start(target, now);
  if (changed && target.state.health() != Health::kHealthy) target.slow_since = 0;
  return changed;
}

// Only beside a target with a full share: the first ones of a group begin at once.
void TargetGroup::begin_slow_start(Target& target, Nanos now) {
  if (policy_.slow_start == 0) return;
  for (const auto& [id, other] : targets_) {
    const bool full = &other != &target && may_take(other, false) && share_of(other, now) >= 1;
    if (full) target.slow_since = now;
  }
}

double TargetGroup::share_of(const Target& target, Nanos now) const {
  const Nanos since = target.slow_since;
  if (since == 0 || policy_.slow_start == 0 || now >= since + policy_.slow_start) return 1;
  return static_cast<double>(now - since) / static_cast<double>(policy_.slow_start);
}

void TargetGroup::suspect(const std::string& id) {
  const auto found = targets_.find(id);
  if (found == targets_.end()) return;
  found->second.state.suspect();
  if (looks_for_anomalies()) anomalies_.count(id, true);
}

bool TargetGroup::usable(const Target& target) const {
  const bool here = policy_.only_zone.empty() || target.spec.zone == policy_.only_zone;
  return here && target.draining_until == 0 && !target.spec.shifted;
}

bool TargetGroup::may_take(const Target& target, bool fail_open) const {
  return usable(target) && (fail_open || target.state.health() == Health::kHealthy);
}

bool TargetGroup::may_take(const std::string& id, const Target& target, const Ask& ask) const {
  return may_take(target, ask.fail_open) && !ask.tried.contains(id) &&
         (ask.with_suspects || !target.state.suspected());
}

bool TargetGroup::fails_open() const {
  const elb::HealthMinimum& least = policy_.routing_minimum;
  const size_t healthy = healthy_count();
  if (healthy < std::max<uint64_t>(1, least.count)) return true;
  if (least.percent == 0) return false;
  const auto all = static_cast<uint64_t>(
      std::ranges::count_if(targets_, [this](const auto& one) { return usable(one.second); }));
  return healthy * 100 < least.percent * all;
}

std::optional<Choice> TargetGroup::choose(const std::string& sticky_id,
                                          const std::set<std::string>& tried, Moment at) {
  Ask ask{tried, fails_open(), false, at};
  Choice choice;
  const Target* sticky = sticky_id.empty() ? nullptr : find(sticky_id);
  if (sticky && may_take(sticky_id, *sticky, ask)) {
    choice.id = sticky_id;
    choice.stuck = true;
    return choice;
  }
  auto id = by_algorithm(ask);
  ask.with_suspects = true;
  if (!id) id = by_algorithm(ask);
  if (!id) return std::nullopt;
  last_ = *id;
  choice.id = std::move(*id);
  return choice;
}

bool TargetGroup::draws() const {
  return looks_for_anomalies() || policy_.slow_start != 0;
}

std::optional<std::string> TargetGroup::by_algorithm(const Ask& ask) const {
  switch (policy_.algorithm) {
    case elb::Algorithm::kLeastOutstandingRequests: return least_outstanding(ask);
    case elb::Algorithm::kWeightedRandom: return weighted_random(ask);
    case elb::Algorithm::kRoundRobin: break;
  }
  auto id = next_in_turn(ask, policy_.slow_start != 0);
  if (!id) id = next_in_turn(ask, false);
  return id;
}

// With `ramp`, a target in its slow start takes its turn as often as its share says.
std::optional<std::string> TargetGroup::next_in_turn(const Ask& ask, bool ramp) const {
  Random random(ask.at.draw);
  auto at = targets_.upper_bound(last_);
  for (size_t i = 0; i < targets_.size(); ++i, ++at) {
    if (at == targets_.end()) at = targets_.begin();
    if (!may_take(at->first, at->second, ask)) continue;
    constexpr uint64_t kParts = 1'000'000;
    const double share = ramp ? share_of(at->second, ask.at.now) : 1;
    if (share < 1 && static_cast<double>(random.below(kParts)) >= share * kParts) continue;
    return at->first;
  }
  return std::nullopt;
}

// The next in turn gets the request when several have equally few in flight.
std::optional<std::string> TargetGroup::least_outstanding(const Ask& ask) const {
  const std::string* best = nullptr;
  uint64_t fewest = 0;
  auto at = targets_.upper_bound(last_);
  for (size_t i = 0; i < targets_.size(); ++i, ++at) {
    if (at == targets_.end()) at = targets_.begin();
    if (!may_take(at->first, at->second, ask)) continue;
    if (best && at->second.in_flight >= fewest) continue;
    best = &at->first;
    fewest = at->second.in_flight;
  }
  return best ? std::optional(*best) : std::nullopt;
}

std::optional<std::string> TargetGroup::weighted_random(const Ask& ask) const {
  double sum = 0;
  for (const auto& [id, target] : targets_) {
    if (may_take(id, target, ask)) sum += anomalies_.of(id).weight;
  }
  constexpr double kDraws = 18446744073709551616.0;  // 2^64
  double left = sum * (static_cast<double>(ask.at.draw) / kDraws);
  std::optional<std::string> last;
  for (const auto& [id, target] : targets_) {
    if (!may_take(id, target, ask)) continue;
    last = id;
    left -= anomalies_.of(id).weight;
    if (left < 0) break;
  }
  return last;
}

std::vector<std::string> TargetGroup::judge(Nanos now) {
  if (!looks_for_anomalies()) return {};
  if (now < judged_ + policy_.anomaly_interval) return {};
  judged_ = now;
  std::vector<std::string> healthy;
  for (const auto& [id, target] : targets_) {
    if (may_take(target, false)) healthy.push_back(id);
  }
  return anomalies_.judge(healthy, policy_.anomaly_mitigation);
}

void TargetGroup::begin_request(const std::string& id) {
  const auto found = targets_.find(id);
  if (found != targets_.end()) ++found->second.in_flight;
}

void TargetGroup::end_request(const std::string& id) {
  const auto found = targets_.find(id);  // a target that was added again meanwhile counts from 0
  if (found != targets_.end() && found->second.in_flight > 0) --found->second.in_flight;
}

void TargetGroup::count_answer(const std::string& id, int status) {
  const auto found = targets_.find(id);
  if (found == targets_.end()) return;
  ++found->second.answers;
  if (status >= 500) ++found->second.errors_5xx;
  if (looks_for_anomalies()) anomalies_.count(id, status >= 500);
}

std::vector<std::string> TargetGroup::overdue(Nanos now) const {
  std::vector<std::string> out;
  for (const auto& [id, target] : targets_) {
    const bool over = target.draining_until != 0 && now >= target.draining_until;
    if (over && target.in_flight > 0) out.push_back(id);
  }
  return out;
}

const Target* TargetGroup::find(const std::string& id) const {
  const auto found = targets_.find(id);
  return found == targets_.end() ? nullptr : &found->second;
}

size_t TargetGroup::healthy_count() const {
  size_t count = 0;
  for (const auto& [id, target] : targets_) count += may_take(target, false) ? 1 : 0;
  return count;
}

bool TargetGroup::empty() const {
  for (const auto& [id, target] : targets_) {
    if (may_take(target, true)) return false;
  }
  return true;
}

}  // namespace multiaz::lb
