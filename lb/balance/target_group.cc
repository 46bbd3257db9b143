#include "lb/balance/target_group.h"

#include <utility>

namespace multiaz::lb {

TargetGroup::TargetGroup(Thresholds thresholds, Nanos deregistration_delay)
    : thresholds_(thresholds), deregistration_delay_(deregistration_delay) {}

void TargetGroup::set_limits(Thresholds thresholds, Nanos deregistration_delay) {
  thresholds_ = thresholds;
  deregistration_delay_ = deregistration_delay;
}

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
      target.draining_until = now + deregistration_delay_;
      changes.draining.push_back(id);
    }
  }
  return changes;
}

bool TargetGroup::record_check(const std::string& id, bool passed, std::string reason) {
  const auto found = targets_.find(id);
  if (found == targets_.end()) return false;
  found->second.reason = passed ? std::string() : std::move(reason);
  return found->second.state.record(passed, thresholds_);
}

void TargetGroup::suspect(const std::string& id) {
  const auto found = targets_.find(id);
  if (found != targets_.end()) found->second.state.suspect();
}

bool TargetGroup::may_take(const Target& target, bool fail_open) const {
  if (target.draining_until != 0 || target.spec.shifted) return false;
  return fail_open || target.state.health() == Health::kHealthy;
}

std::optional<Choice> TargetGroup::choose(const std::string& sticky_id,
                                          const std::set<std::string>& tried) {
  const bool fail_open = healthy_count() == 0;
  Choice choice;
  const Target* sticky = tried.contains(sticky_id) ? nullptr : find(sticky_id);
  if (sticky && may_take(*sticky, fail_open) && !sticky->state.suspected()) {
    choice.id = sticky_id;
    choice.stuck = true;
    return choice;
  }
  auto id = next_in_turn(tried, fail_open, false);
  if (!id) id = next_in_turn(tried, fail_open, true);
  if (!id) return std::nullopt;
  last_ = *id;
  choice.id = std::move(*id);
  return choice;
}

std::optional<std::string> TargetGroup::next_in_turn(const std::set<std::string>& tried,
                                                     bool fail_open, bool with_suspects) {
  auto at = targets_.upper_bound(last_);
  for (size_t i = 0; i < targets_.size(); ++i, ++at) {
    if (at == targets_.end()) at = targets_.begin();
    const Target& target = at->second;
    if (!may_take(target, fail_open) || tried.contains(at->first)) continue;
    if (target.state.suspected() && !with_suspects) continue;
    return at->first;
  }
  return std::nullopt;
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
