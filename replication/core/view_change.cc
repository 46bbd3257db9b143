// A new view: who leads, who follows, and when the new primary may serve.
#include <fmt/format.h>

#include "replication/core/impl.h"

namespace multiaz::replication {

void Core::Impl::on(ViewUpdate& e) {
  if (e.view.epoch < epoch()) {
    trace(fmt::format("view {} refused: already in {}", e.view.epoch.raw, epoch().raw));
    return;
  }
  if (e.view.epoch > epoch()) return adopt(e.view, e.fenced, "from the manager");
  if (e.view != view_) {
    out_.push_back(Notice{"two-views", "epoch " + std::to_string(epoch().raw) + " has two views: " +
                                           describe(view_) + " and " + describe(e.view)});
    return;
  }
  out_.push_back(AckView{epoch()});
  if (e.fenced && !fenced_ && state_ == State::kActivating) {
    trace("fenced: no former primary can serve");
    fenced_ = true;
    try_activate();
  }
}

// Only a promotion has to wait: as long as this member follows, its promise to a former primary
// costs nothing, and it keeps the promise by not activating (grace_is_over). A former primary's
// lease needs every member that a later view can name as primary, so the wait of that one suffices.
void Core::Impl::adopt(const View& view, bool fenced, const std::string& how) {
  CHECK(view.epoch > epoch());
  const View old = std::exchange(view_, view);
  const std::string reason = fmt::format("view {} {}", describe(view_), how);
  if (config_.bug != Bug::kForgetView) out_.push_back(PersistView{view_});
  lead_.reset();
  round_ = 0;
  positioned_ = false;
  if (leads(view_)) {
    fenced_ = fenced || (leading() && fenced_);
    if (leading())
      renew(old, reason);
    else
      promote(reason);
  } else {
    follow(reason);
  }
  out_.push_back(AckView{epoch()});
}

void Core::Impl::promote(const std::string& reason) {
  role_since_ = now_;
  had_lease_ = false;
  for (auto& [id, peer] : peers_) {
    Peer fresh;
    fresh.ref = peer.ref;
    fresh.linked = peer.linked;
    fresh.heard_at = fresh.mark_at = now_;
    peer = std::move(fresh);
  }
  move(State::kActivating, reason);
  for (auto& [id, peer] : peers_)
    if (peer.linked) start_round(peer);
  try_activate();
}

// Primary before and after. What followers acknowledged in the old epoch stays true: only this
// process could have made them drop it. So nothing pauses, unless a member must count that did not.
void Core::Impl::renew(const View& old, const std::string& reason) {
  bool proven = true;
  for (const MemberRef& member : view_.in_sync) {
    const Peer* peer = peer_of(member);
    const bool counted = in_sync(old, member) || (peer != nullptr && peer->joining == member);
    if (!is_self(member.id) && !counted) proven = false;
  }
  for (auto& [id, peer] : peers_) {
    peer.joining.reset();
    peer.asked = false;
    if (peer.slow && peer.linked && !in_sync(view_, peer.ref)) punish(peer);
    peer.slow = false;
  }
  handing_to_.reset();
  if (state_ == State::kPrimary && !proven) {
    const Lsn executed = tail_.lsn;
    uncommitted_.clear();
    uncommitted_bytes_ = 0;
    move(State::kActivating, reason);
    if (executed > commit_) out_.push_back(Rollback{commit_});
  } else {
    move(state_, reason);
  }
  for (auto& [id, peer] : peers_)
    if (peer.linked) start_round(peer);
  update_commit();
  try_activate();
}

void Core::Impl::follow(const std::string& reason) {
  const bool executed_more = state_ == State::kPrimary && tail_.lsn > commit_;
  uncommitted_.clear();
  uncommitted_bytes_ = 0;
  handing_to_.reset();
  primary_heard_at_ = now_;
  // Others have gone on since this one led, perhaps for long (it may have stood still): readers
  // wait until it has what the next primary has.
  if (leading()) read_from_.reset();
  State to = State::kLearner;
  if (epoch().raw == 0 || is_self(view_.primary))
    to = State::kIdle;
  else if (in_sync(view_, config_.self))
    to = State::kSecondary;
  move(to, reason);
  if (executed_more) out_.push_back(Rollback{commit_});
}

// Whether every lease this member helped to give has run out (or is proven void).
bool Core::Impl::grace_is_over() const {
  return fenced_ || !promised_at_ || now_ >= *promised_at_ + ms(config_.timings.grace_ms) ||
         config_.bug == Bug::kNoFencing;
}

// The new primary serves once no former one can, every in-sync member has its whole log, and it
// holds a lease of its own. Then the inherited suffix is committed.
void Core::Impl::try_activate() {
  if (state_ != State::kActivating || busy_ || !grace_is_over()) return;
  if (durable_ < tail_.lsn || now_ >= lease_until()) return;
  bool complete = true;
  for_each_required([&](const MemberRef&, const Peer* peer) {
    if (peer == nullptr || !peer->following || peer->acked < tail_.lsn) complete = false;
  });
  if (!complete && config_.bug != Bug::kServeTooEarly) return;
  commit_ = tail_.lsn;
  apply_committed();
  had_lease_ = true;
  move(State::kPrimary, fmt::format("every in-sync member has the log up to {}", tail_.lsn.raw));
}

}  // namespace multiaz::replication
