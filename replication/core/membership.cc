#include "replication/core/membership.h"

#include <fmt/format.h>

#include <algorithm>

#include "replication/core/digest.h"

namespace multiaz::replication {

void Membership::request(Change change, const MemberRef& member, std::string reason) {
  const bool again = last_request_.base == role_.epoch() && last_request_.change == change &&
                     last_request_.member == member;
  if (again && step_.now() < last_request_at_ + ms(config_.timings.request_retry_ms)) return;
  last_request_ = RequestView{role_.epoch(), change, member, std::move(reason)};
  last_request_at_ = step_.now();
  step_.emit(last_request_);
}

void Membership::renewed() {
  for (auto& [id, peer] : peers_.all()) {
    Admission& a = peer.admission;
    a.joining.reset();
    a.asked = false;
    if (a.slow && peer.linked && !role_.in_sync(peer.ref)) punish(peer);
    a.slow = false;
  }
  end_handover();
}

void Membership::ask_removals() {
  for (const MemberRef& member : role_.view().in_sync) {
    if (role_.is_self(member.id)) continue;
    Peer& peer = peers_.watched(member);
    const std::string trouble = trouble_with(member, peer);
    if (trouble.empty()) continue;
    peer.admission.slow = true;
    request(Change::kRemove, member, member.id.raw + " " + trouble);
  }
}

// The reason why a member that counts should not count any longer: it is silent, grants too late,
// or is stuck: it did not take within the bound what it should have (rule 12). Empty: it is fine.
std::string Membership::trouble_with(const MemberRef& member, const Peer& peer) const {
  const Progress& p = peer.progress;
  const Nanos bound = ms(config_.timings.removal_ms);
  const Nanos now = step_.now();
  const auto overdue = [&](Nanos at) { return now > std::max(at, role_since_) + bound; };
  if (!role_.same(peer.ref, member)) return "came back without its data";
  if (overdue(p.heard_at))
    return fmt::format("is silent for {} ms",
                       (now - std::max(p.heard_at, role_since_)) / kMillisecond);
  if (overdue(p.lease_ok_at)) return "answers too late to grant a lease";
  if (p.acked < p.mark && overdue(p.mark_at))
    return fmt::format("is stuck at {} of {}", p.acked.raw, p.mark.raw);
  return "";
}

// Asks the manager to add a learner that keeps up. From then on the learner counts for commit and
// lease: the manager may have agreed, and the learner may be the next primary, before this primary
// is told. Only a new epoch ends that, because it makes every older request void.
bool Membership::plan_join(Peer& peer) {
  if (!peer.admission.joining) {
    if (!may_join(peer)) return true;
    peer.admission.joining = peer.ref;
    peer.admission.asked = false;
    peer.progress.mark = log_.tail();
    peer.progress.mark_at = step_.now();
    step_.trace(fmt::format("{} joins: it counts from now on", peer.ref.id.raw));
  }
  return plan_joining(peer);
}

bool Membership::may_join(const Peer& peer) const {
  const Progress& p = peer.progress;
  const LearnerRef* learner = role_.view().learner(peer.ref.id);
  if (learner == nullptr || !learner->candidate || role_.in_sync(peer.ref)) return false;
  if (!peer.linked || !peer.transfer.following || !p.kept_up_since || handing_to_) return false;
  const Nanos now = step_.now();
  if (now < *p.kept_up_since + ms(config_.timings.join_stable_ms)) return false;
  if (now < peer.admission.no_join_before) return false;
  if (now >= p.granted + ms(config_.timings.lease_ms) / 2) return false;
  return !peers_.any_joining();  // one at a time: a view change voids the other's request anyway
}

bool Membership::plan_joining(Peer& peer) {
  Admission& a = peer.admission;
  std::string trouble = trouble_with(*a.joining, peer);
  if (!peer.linked) trouble = "lost its link";
  if (!trouble.empty() && !a.asked) {
    cancel_join(peer, trouble);
    return false;
  }
  if (!trouble.empty()) {
    a.slow = peer.linked;
    request(Change::kRemove, *a.joining,
            fmt::format("{} {} while joining", a.joining->id.raw, trouble));
  } else if (peer.progress.acked >= log_.commit()) {
    a.asked = true;
    request(Change::kAdd, *a.joining,
            fmt::format("{} keeps up, {} records behind", peer.ref.id.raw, peers_.lag(peer)));
  }
  return true;
}

// The manager was not asked, so it cannot have agreed: it is safe to forget the learner.
void Membership::cancel_join(Peer& peer, const std::string& why) {
  CHECK(!peer.admission.asked);
  peer.admission.joining.reset();
  peer.progress.kept_up_since.reset();
  step_.trace(fmt::format("{} does not join: {}", peer.ref.id.raw, why));
  punish(peer);
}

// Hysteresis: a member that was removed for slowness waits before it may join again, longer each
// time.
void Membership::punish(Peer& peer) {
  const Timings& t = config_.timings;
  Admission& a = peer.admission;
  const bool forgotten =
      a.penalty_ms > 0 && step_.now() > a.no_join_before + ms(kPenaltyForgottenMs);
  a.penalty_ms = a.penalty_ms == 0 || forgotten
                     ? t.rejoin_penalty_ms
                     : std::min(2 * a.penalty_ms, t.rejoin_penalty_ms_max);
  a.no_join_before = step_.now() + ms(a.penalty_ms);
  peer.progress.kept_up_since.reset();
  step_.trace(fmt::format("{} may join again in {} ms", peer.ref.id.raw, a.penalty_ms));
}

// Orderly switchover: the primary takes no more appends, lets everything commit, then asks for the
// new view.
void Membership::hand_over(const HandOver& e) {
  const MemberRef* to = role_.view().in_sync_member(e.to);
  if (!role_.primary() || to == nullptr || role_.is_self(e.to)) {
    step_.trace(fmt::format("no handover to {}: not possible now", e.to.raw));
    return;
  }
  handing_to_ = e.to;
  handover_at_ = step_.now();
  step_.trace(fmt::format("handing over to {}", e.to.raw));
  plan_handover();
}

void Membership::plan_handover() {
  if (!handing_to_) return;
  if (step_.now() > handover_at_ + ms(config_.timings.handover_ms)) {
    step_.trace(fmt::format("handover to {} given up", handing_to_->raw));
    handing_to_.reset();
    return;
  }
  const MemberRef* to = role_.view().in_sync_member(*handing_to_);
  if (log_.commit() == log_.tail() && to != nullptr) request(Change::kHandOver, *to, "switchover");
}

// The manager may reach a primary that this member cannot reach. If that primary reaches the
// manager, it asked for this member's removal first; this request is for a primary that cannot do
// even that.
void Membership::ask_to_replace_primary(Nanos heard_at) {
  if (step_.now() <= heard_at + ms(config_.timings.primary_silent_ms)) return;
  const MemberRef* primary = role_.view().in_sync_member(role_.view().primary);
  CHECK(primary != nullptr);
  request(Change::kReplacePrimary, *primary,
          fmt::format("no word from {} for {} ms", primary->id.raw,
                      (step_.now() - heard_at) / kMillisecond));
}

void Membership::digest(Digest& out) const {
  out.add(role_since_, handing_to_, handover_at_, last_request_at_);
}

}  // namespace multiaz::replication
