// What members and people ask for. A request wins only if it is based on the current epoch.
#include <fmt/format.h>

#include <algorithm>

#include "replication/core/manager_impl.h"

namespace multiaz::replication {

void Manager::Impl::on(const ViewRequested& e) {
  const Seen* s = seen(e.from);
  if (s == nullptr || recalled_ || epoch().raw == 0 || !settled()) return;
  if (e.launch <= s->dead || (s->report && e.launch < s->report->launch)) return;
  const RequestView& r = e.request;
  if (r.base != epoch()) {
    if (r.base < epoch()) resend(e.from);
    return;
  }
  const bool primary = e.from == state_.view.primary && e.launch == state_.view.launch;
  if (r.change == Change::kReplacePrimary) {
    const MemberRef* asker = state_.view.in_sync_member(e.from);
    if (asker == nullptr || r.member.id != state_.view.primary) return refuse(r, "not in sync");
    return replace_primary(state_.view.primary, "lost touch with its secondaries");
  }
  if (!primary) return refuse(r, e.from.raw + " is not the primary");
  if (r.change == Change::kAdd) add_member(r);
  if (r.change == Change::kRemove) remove_member(r);
  if (r.change == Change::kHandOver) hand_over(r);
}

void Manager::Impl::refuse(const RequestView& r, const std::string& why) {
  const std::string text = fmt::format("{}: request to {} {} refused: {}", config_.group,
                                       to_string(r.change), r.member.id.raw, why);
  if (text == last_refusal_) return;
  last_refusal_ = text;
  notice("refuse", r.member.id, text);
}

void Manager::Impl::add_member(const RequestView& r) {
  const PlannedMember* plan = planned(r.member.id);
  if (plan == nullptr || !plan->candidate) return refuse(r, "not a candidate");
  if (!eligible(r.member)) return refuse(r, "its process does not report, or has other data");
  View view = state_.view;
  if (view.in_sync_member(r.member.id) != nullptr) return refuse(r, "it is in sync already");
  view.in_sync.push_back(r.member);
  const size_t size = view.in_sync.size();
  publish(std::move(view), next(epoch()), "join", r.member.id,
          fmt::format("{} joins {}: {} in sync", r.member.id.raw, config_.group, size));
}

// Also for a member that is not in sync: the new epoch makes an older request to add it void.
void Manager::Impl::remove_member(const RequestView& r) {
  View view = state_.view;
  if (r.member.id == view.primary) return refuse(r, "it is the primary");
  std::erase_if(view.in_sync, [&](const MemberRef& member) { return member.id == r.member.id; });
  const size_t size = view.in_sync.size();
  publish(
      std::move(view), next(epoch()), "shrink", r.member.id,
      fmt::format("{} leaves {}: {}; {} in sync", r.member.id.raw, config_.group, r.reason, size));
}

void Manager::Impl::hand_over(const RequestView& r) {
  const MemberRef* member = state_.view.in_sync_member(r.member.id);
  if (member == nullptr || !eligible(*member)) return refuse(r, "it is not in sync and alive");
  View view = state_.view;
  const NodeId from = view.primary;
  view.primary = r.member.id;
  view.launch = seen(r.member.id)->report->launch;
  publish(std::move(view), next(epoch()), "switchover", r.member.id,
          fmt::format("{} handed over from {} to {}", config_.group, from.raw, r.member.id.raw));
}

void Manager::Impl::on(const SwitchoverRequest& e) {
  const View& view = state_.view;
  if (epoch().raw == 0 || primary_is_silent()) return answer(false, "there is no primary to ask");
  NodeId to = e.to;
  if (to.raw.empty()) {
    const MemberReport* best = best_candidate(view.primary);
    if (best == nullptr) return answer(false, "no other in-sync member is alive");
    to = best->id;
  }
  const MemberRef* member = view.in_sync_member(to);
  if (to == view.primary) return answer(false, to.raw + " is the primary");
  if (member == nullptr || !eligible(*member))
    return answer(false, to.raw + " is not an in-sync member that is alive");
  out_.push_back(SendHandOver{view.primary, to});
  answer(true, fmt::format("asked {} to hand over to {}", view.primary.raw, to.raw));
}

// Loses what only the in-sync members had. Never while a former primary might still serve: a
// primary alone in its view needs no lease, so only its death is proof.
void Manager::Impl::on(const ForcePromote& e) {
  const View old = state_.view;
  if (!alive(e.to)) return answer(false, e.to.raw + " is not alive");
  if (epoch().raw == 0) return answer(false, "the group has not started yet");
  for (const MemberRef& member : old.in_sync)
    if (eligible(member))
      return answer(false,
                    fmt::format("{} is in sync and alive: nothing need be lost", member.id.raw));
  if (!proven_dead(old.primary, old.launch))
    return answer(false, fmt::format("{} may still serve: end its process first", old.primary.raw));
  Lsn known;
  for (const MemberRef& member : old.in_sync)
    if (const Seen* s = seen(member.id); s != nullptr && s->report)
      known = std::max(known, s->report->tail);
  const MemberReport report = *seen(e.to)->report;
  const std::string lost = fmt::format(
      "{} has records up to {}, the in-sync members had at least {}: what lies between "
      "is lost",
      e.to.raw, report.tail.raw, known.raw);
  View view;
  view.primary = e.to;
  view.launch = report.launch;
  view.in_sync.push_back({e.to, report.incarnation});
  recalled_.reset();
  publish(std::move(view), next(epoch()), "force", e.to,
          config_.group + " promoted by force: " + lost);
  answer(true, lost);
}

}  // namespace multiaz::replication
