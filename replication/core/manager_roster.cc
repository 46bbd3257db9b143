#include "replication/core/manager_roster.h"

#include <algorithm>

#include "replication/core/digest.h"

namespace multiaz::replication {

Roster::Roster(const ManagerConfig& config, const ManagerStep& step)
    : config_(config), step_(step) {
  replanned();
}

void Roster::replanned() {
  for (const PlannedMember& member : config_.members)
    if (!seen_.contains(member.id)) seen_[member.id].at = step_.now();
  std::erase_if(seen_, [&](const auto& entry) { return planned(entry.first) == nullptr; });
}

void Roster::slept(Nanos length) {
  for (auto& [id, seen] : seen_) seen.at = std::min(step_.now(), seen.at + length);
}

bool Roster::reported(const MemberReport& e) {
  Seen* s = seen(e.id);
  if (s == nullptr || e.launch <= s->dead) return false;
  if (s->report && e.launch < s->report->launch && alive(e.id)) return false;
  // A newer process of an instance starts only after the supervisor has reaped the one before.
  if (s->report && e.launch > s->report->launch) s->dead = std::max(s->dead, s->report->launch);
  s->report = e;
  s->at = step_.now();
  return true;
}

bool Roster::exited(const MemberExited& e) {
  Seen* s = seen(e.id);
  if (s == nullptr || e.launch <= s->dead) return false;
  s->dead = e.launch;
  return true;
}

Roster::Seen* Roster::seen(const NodeId& id) {
  const auto found = seen_.find(id);
  return found == seen_.end() ? nullptr : &found->second;
}
const Roster::Seen* Roster::seen(const NodeId& id) const {
  const auto found = seen_.find(id);
  return found == seen_.end() ? nullptr : &found->second;
}

const PlannedMember* Roster::planned(const NodeId& id) const {
  for (const PlannedMember& member : config_.members)
    if (member.id == id) return &member;
  return nullptr;
}

const MemberReport& Roster::report(const NodeId& id) const {
  const Seen* s = seen(id);
  CHECK(s != nullptr && s->report);
  return *s->report;
}

bool Roster::all_reported() const {
  return std::all_of(seen_.begin(), seen_.end(),
                     [](const auto& entry) { return entry.second.report.has_value(); });
}

bool Roster::alive(const NodeId& id) const {
  const Seen* s = seen(id);
  return s != nullptr && s->report && s->report->launch > s->dead &&
         step_.now() <= s->at + ms(config_.silence_ms);
}

bool Roster::silent(const NodeId& id, Launch launch) const {
  const Seen* s = seen(id);
  if (s == nullptr) return true;
  return step_.now() > s->at + ms(config_.silence_ms) || (s->report && s->report->launch < launch);
}

bool Roster::proven_dead(const NodeId& id, Launch launch) const {
  const Seen* s = seen(id);
  return s != nullptr && (s->dead >= launch || (s->report && s->report->launch > launch));
}

bool Roster::eligible(const MemberRef& member) const {
  return alive(member.id) && same_life(member, report(member.id));
}

bool Roster::other_life(const MemberRef& member) const {
  const Seen* s = seen(member.id);
  return s != nullptr && s->report && !same_life(member, *s->report);
}

bool Roster::same_life(const MemberRef& member, const MemberReport& report) const {
  return report.incarnation == member.incarnation || config_.bug == Bug::kEmptyRestartOk;
}

void Roster::digest(Digest& out) const {
  for (const auto& [id, seen] : seen_) {
    out.add(id, seen.at, seen.dead, seen.sent_at, seen.report.has_value());
    if (!seen.report) continue;
    const MemberReport& r = *seen.report;
    out.add(r.launch, r.incarnation, r.view, static_cast<uint64_t>(r.state), r.tail_epoch, r.tail);
  }
}

}  // namespace multiaz::replication
