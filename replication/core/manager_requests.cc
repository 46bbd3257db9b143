#include "replication/core/manager_requests.h"

#include <fmt/format.h>

#include <algorithm>

namespace multiaz::replication {

void ManagerRequests::requested(const ViewRequested& e) {
  const Roster::Seen* s = roster_.seen(e.from);
  if (s == nullptr || decisions_.recalling() || views_.epoch().raw == 0 || !decisions_.settled())
    return;
  if (e.launch <= s->dead || (s->report && e.launch < s->report->launch)) return;
  const RequestView& r = e.request;
  if (r.base != views_.epoch()) {
    if (r.base < views_.epoch()) views_.resend(e.from);
    return;
  }
  const bool primary = e.from == views_.view().primary && e.launch == views_.view().launch;
  if (r.change == Change::kReplacePrimary) {
    const MemberRef* asker = views_.view().in_sync_member(e.from);
    if (asker == nullptr || r.member.id != views_.view().primary) return refuse(r, "not in sync");
    return decisions_.replace_primary(views_.view().primary, "lost touch with its secondaries");
  }
  if (!primary) return refuse(r, e.from.raw + " is not the primary");
  if (r.change == Change::kAdd) add_member(r);
  if (r.change == Change::kRemove) remove_member(r);
  if (r.change == Change::kHandOver) hand_over(r);
}

void ManagerRequests::refuse(const RequestView& r, const std::string& why) {
  const std::string text = fmt::format("{}: request to {} {} refused: {}", config_.group,
                                       to_string(r.change), r.member.id.raw, why);
  if (text == last_refusal_) return;
  last_refusal_ = text;
  step_.notice("refuse", r.member.id, text);
}

void ManagerRequests::add_member(const RequestView& r) {
  const PlannedMember* plan = roster_.planned(r.member.id);
  if (plan == nullptr || !plan->candidate) return refuse(r, "not a candidate");
  if (!roster_.eligible(r.member))
    return refuse(r, "its process does not report, or has other data");
  View view = views_.view();
  if (view.in_sync_member(r.member.id) != nullptr) return refuse(r, "it is in sync already");
  view.in_sync.push_back(r.member);
  const size_t size = view.in_sync.size();
  views_.publish(std::move(view), next(views_.epoch()), "join", r.member.id,
                 fmt::format("{} joins {}: {} in sync", r.member.id.raw, config_.group, size));
}

// This also works for a member that is not in sync: the new epoch makes an older request to add it
// void.
void ManagerRequests::remove_member(const RequestView& r) {
  View view = views_.view();
  if (r.member.id == view.primary) return refuse(r, "it is the primary");
  std::erase_if(view.in_sync, [&](const MemberRef& member) { return member.id == r.member.id; });
  const size_t size = view.in_sync.size();
  views_.publish(
      std::move(view), next(views_.epoch()), "shrink", r.member.id,
      fmt::format("{} leaves {}: {}; {} in sync", r.member.id.raw, config_.group, r.reason, size));
}

void ManagerRequests::hand_over(const RequestView& r) {
  const MemberRef* member = views_.view().in_sync_member(r.member.id);
  if (member == nullptr || !roster_.eligible(*member))
    return refuse(r, "it is not in sync and alive");
  View view = views_.view();
  const NodeId from = view.primary;
  view.primary = r.member.id;
  view.launch = roster_.report(r.member.id).launch;
  views_.publish(
      std::move(view), next(views_.epoch()), "switchover", r.member.id,
      fmt::format("{} handed over from {} to {}", config_.group, from.raw, r.member.id.raw));
}

void ManagerRequests::switch_over(const SwitchoverRequest& e) {
  const View& view = views_.view();
  if (views_.epoch().raw == 0 || decisions_.primary_is_silent())
    return step_.answer(false, "there is no primary to ask");
  NodeId to = e.to;
  if (to.raw.empty()) {
    const MemberReport* best = decisions_.best_candidate(view.primary);
    if (best == nullptr) return step_.answer(false, "no other in-sync member is alive");
    to = best->id;
  }
  const MemberRef* member = view.in_sync_member(to);
  if (to == view.primary) return step_.answer(false, to.raw + " is the primary");
  if (member == nullptr || !roster_.eligible(*member))
    return step_.answer(false, to.raw + " is not an in-sync member that is alive");
  step_.emit(SendHandOver{view.primary, to});
  step_.answer(true, fmt::format("asked {} to hand over to {}", view.primary.raw, to.raw));
}

// A forced promotion loses what only the in-sync members had. It is refused while a former primary
// might still serve: a primary alone in its view needs no lease, so only its death is proof.
void ManagerRequests::force(const ForcePromote& e) {
  const View old = views_.view();
  if (!roster_.alive(e.to)) return step_.answer(false, e.to.raw + " is not alive");
  if (views_.epoch().raw == 0) return step_.answer(false, "the group has not started yet");
  for (const MemberRef& member : old.in_sync)
    if (roster_.eligible(member))
      return step_.answer(
          false, fmt::format("{} is in sync and alive: nothing need be lost", member.id.raw));
  if (!roster_.proven_dead(old.primary, old.launch))
    return step_.answer(false,
                        fmt::format("{} may still serve: end its process first", old.primary.raw));
  Lsn known;
  for (const MemberRef& member : old.in_sync)
    if (const Roster::Seen* s = roster_.seen(member.id); s != nullptr && s->report)
      known = std::max(known, s->report->tail);
  const MemberReport report = roster_.report(e.to);
  const std::string lost = fmt::format(
      "{} has records up to {}, the in-sync members had at least {}: what lies between "
      "is lost",
      e.to.raw, report.tail.raw, known.raw);
  View view;
  view.primary = e.to;
  view.launch = report.launch;
  view.in_sync.push_back({e.to, report.incarnation});
  decisions_.stop_recalling();
  views_.publish(std::move(view), next(views_.epoch()), "force", e.to,
                 config_.group + " promoted by force: " + lost);
  step_.answer(true, lost);
}

}  // namespace multiaz::replication
