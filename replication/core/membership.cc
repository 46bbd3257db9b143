// What the primary, or a secondary without one, asks of the configuration manager. Each request is
// based on an epoch; only one of them can win it, so a request that was overtaken does nothing.
#include <fmt/format.h>

#include <algorithm>

#include "replication/core/impl.h"

namespace multiaz::replication {

void Core::Impl::request(Change change, const MemberRef& member, std::string reason) {
  const bool again = last_request_.base == epoch() && last_request_.change == change &&
                     last_request_.member == member;
  if (again && now_ < last_request_at_ + ms(config_.timings.request_retry_ms)) return;
  last_request_ = RequestView{epoch(), change, member, std::move(reason)};
  last_request_at_ = now_;
  out_.push_back(last_request_);
}

void Core::Impl::plan_requests() {
  for (const MemberRef& member : view_.in_sync) {
    if (is_self(member.id)) continue;
    Peer& peer = peers_[member.id];
    if (peer.ref.id.raw.empty()) {  // never linked: count from here
      peer.ref = member;
      peer.heard_at = peer.mark_at = now_;
    }
    const std::string trouble = trouble_with(member, peer);
    if (trouble.empty()) continue;
    peer.slow = true;
    request(Change::kRemove, member, member.id.raw + " " + trouble);
  }
  if (state_ != State::kPrimary) return;
  plan_handover();
  for (auto& [id, peer] : peers_) plan_join(peer);
}

// Why a member that counts should not any longer: silent, too late with its grants, or stuck: it
// did not take within the bound what it should have (rule 12). Empty: it is fine.
std::string Core::Impl::trouble_with(const MemberRef& member, const Peer& peer) const {
  const Nanos bound = ms(config_.timings.removal_ms);
  const auto overdue = [&](Nanos at) { return now_ > std::max(at, role_since_) + bound; };
  if (!same(peer.ref, member)) return "came back without its data";
  if (overdue(peer.heard_at))
    return fmt::format("is silent for {} ms",
                       (now_ - std::max(peer.heard_at, role_since_)) / kMillisecond);
  if (overdue(peer.lease_ok_at)) return "answers too late to grant a lease";
  if (peer.acked < peer.mark && overdue(peer.mark_at))
    return fmt::format("is stuck at {} of {}", peer.acked.raw, peer.mark.raw);
  return "";
}

// A learner that keeps up is asked in. From then on it counts for commit and lease: the manager
// may have said yes, and it may be the next primary, before we hear of it. Only a new epoch ends
// that, because it makes every older request void.
void Core::Impl::plan_join(Peer& peer) {
  if (peer.joining) {
    std::string trouble = trouble_with(*peer.joining, peer);
    if (!peer.linked) trouble = "lost its link";
    if (!trouble.empty() && !peer.asked) return cancel_join(peer, trouble);
    if (!trouble.empty()) {
      peer.slow = peer.linked;
      return request(Change::kRemove, *peer.joining,
                     fmt::format("{} {} while joining", peer.joining->id.raw, trouble));
    }
    if (peer.acked < commit_) return;
    peer.asked = true;
    return request(Change::kAdd, *peer.joining,
                   fmt::format("{} keeps up, {} records behind", peer.ref.id.raw, lag(peer)));
  }
  const LearnerRef* learner = view_.learner(peer.ref.id);
  if (learner == nullptr || !learner->candidate || in_sync(view_, peer.ref)) return;
  if (!peer.linked || !peer.following || !peer.kept_up_since || handing_to_) return;
  if (now_ < *peer.kept_up_since + ms(config_.timings.join_stable_ms)) return;
  if (now_ < peer.no_join_before || now_ >= peer.granted + ms(config_.timings.lease_ms) / 2) return;
  for (const auto& [id, other] : peers_)
    if (other.joining) return;  // one at a time: a view change voids the other's request anyway
  peer.joining = peer.ref;
  peer.asked = false;
  peer.mark = tail_.lsn;
  peer.mark_at = now_;
  trace(fmt::format("{} joins: it counts from now on", peer.ref.id.raw));
  plan_join(peer);
}

// Nobody was asked, so nobody can have been told: it is safe to forget.
void Core::Impl::cancel_join(Peer& peer, const std::string& why) {
  CHECK(!peer.asked);
  peer.joining.reset();
  peer.kept_up_since.reset();
  trace(fmt::format("{} does not join: {}", peer.ref.id.raw, why));
  punish(peer);
  update_commit();
}

// Hysteresis: whoever was removed for slowness waits before it may join again, longer each time.
void Core::Impl::punish(Peer& peer) {
  const Timings& t = config_.timings;
  const bool forgotten =
      peer.penalty_ms > 0 && now_ > peer.no_join_before + ms(kPenaltyForgottenMs);
  peer.penalty_ms = peer.penalty_ms == 0 || forgotten
                        ? t.rejoin_penalty_ms
                        : std::min(2 * peer.penalty_ms, t.rejoin_penalty_ms_max);
  peer.no_join_before = now_ + ms(peer.penalty_ms);
  peer.kept_up_since.reset();
  trace(fmt::format("{} may join again in {} ms", peer.ref.id.raw, peer.penalty_ms));
}

// Orderly switchover: take no more appends, let everything commit, then ask for the new view.
void Core::Impl::on(HandOver& e) {
  const MemberRef* to = view_.in_sync_member(e.to);
  if (state_ != State::kPrimary || to == nullptr || is_self(e.to)) {
    trace(fmt::format("no handover to {}: not possible now", e.to.raw));
    return;
  }
  handing_to_ = e.to;
  handover_at_ = now_;
  trace(fmt::format("handing over to {}", e.to.raw));
  plan_handover();
}

void Core::Impl::plan_handover() {
  if (!handing_to_) return;
  if (now_ > handover_at_ + ms(config_.timings.handover_ms)) {
    trace(fmt::format("handover to {} given up", handing_to_->raw));
    handing_to_.reset();
    return;
  }
  const MemberRef* to = view_.in_sync_member(*handing_to_);
  if (commit_ == tail_.lsn && to != nullptr) request(Change::kHandOver, *to, "switchover");
}

// The manager may see a primary that we cannot reach. It asked for our removal first, if it can
// reach the manager; this is for the case that it cannot do even that.
void Core::Impl::tick_secondary() {
  if (now_ <= primary_heard_at_ + ms(config_.timings.primary_silent_ms)) return;
  const MemberRef* primary = view_.in_sync_member(view_.primary);
  CHECK(primary != nullptr);
  request(Change::kReplacePrimary, *primary,
          fmt::format("no word from {} for {} ms", primary->id.raw,
                      (now_ - primary_heard_at_) / kMillisecond));
}

}  // namespace multiaz::replication
