// Dispatch, the public face, and what the local log reports.
#include "replication/core/core.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "replication/core/impl.h"
#include "replication/core/text.h"

namespace multiaz::replication {

Effects Core::Impl::step(Nanos now, Event& event) {
  CHECK(now >= now_);
  CHECK(state_ != State::kFailed);
  CHECK((state_ == State::kStarting) == std::holds_alternative<Start>(event));
  now_ = now;
  std::visit([this](auto& e) { on(e); }, event);
  check_invariant();
  return std::exchange(out_, {});
}

// A crash forgets the promises that were given. The last one may have been given just before, so
// the grace counts from now.
void Core::Impl::on(Start& e) {
  CHECK(e.base.lsn <= e.applied && e.applied <= e.durable && e.durable <= e.tail.lsn);
  view_ = std::move(e.view);
  base_ = e.base.lsn;
  tail_ = std::move(e.tail);
  durable_ = e.durable;
  commit_ = applied_ = e.applied;
  if (epoch().raw > 0) promised_at_ = now_;
  follow("started");
}

void Core::Impl::on(LinkUp& e) {
  Peer& peer = peers_[e.peer.id];
  if (peer.ref != e.peer) {  // another life: what the former one had and promised is void
    peer.acked = Lsn();
    peer.granted = 0;
    peer.kept_up_since.reset();
    peer.ref = e.peer;
  }
  peer.linked = true;
  trace(fmt::format("link to {} up", e.peer.id.raw));
  if (leading()) start_round(peer);
}

void Core::Impl::on(LinkDown& e) {
  Peer* peer = linked_peer(e.peer);
  if (peer == nullptr) return;
  peer->linked = false;
  peer->following = false;
  peer->reading = false;
  peer->kept_up_since.reset();
  trace(fmt::format("link to {} down", e.peer.raw));
  if (leading()) plan_requests();
}

void Core::Impl::on(Received& e) {
  Peer* peer = linked_peer(e.from);
  if (peer == nullptr) return;
  std::visit(Overloaded{[](Handshake&) {}, [](SnapshotBegin&) {}, [](SnapshotChunk&) {},
                        [](SnapshotEnd&) {}, [&](auto& m) { receive(*peer, m); }},
             e.message);
}

void Core::Impl::on(Appended& e) {
  if (config_.durability != Durability::kDisk) reached_level(e.lsn, e.epoch);
}

void Core::Impl::on(Persisted& e) {
  if (config_.durability == Durability::kDisk) reached_level(e.lsn, e.epoch);
}

void Core::Impl::reached_level(Lsn lsn, Epoch epoch) {
  if (lsn <= durable_ || lsn > tail_.lsn || epoch_at(tail_.history, lsn) != epoch) return;
  durable_ = lsn;
  if (following()) {
    if (positioned_ && !busy_) ack_primary(false);
    apply_committed();
  } else if (leading()) {
    update_commit();
    try_activate();
  }
}

// A failed sync may have dropped the pages it failed to write: a second try that succeeds proves
// nothing (fsyncgate). So this process ends, and what it did not acknowledge is not counted.
void Core::Impl::on(LogFailed& e) {
  if (config_.bug == Bug::kRetryFsync) {
    trace("log failed, tried again: " + e.reason);
    reached_level(tail_.lsn, epoch_at(tail_.history, tail_.lsn));
    return;
  }
  out_.push_back(Notice{"log-failed", e.reason});
  uncommitted_.clear();
  move(State::kFailed, e.reason);
  out_.push_back(Fail{e.reason});
}

void Core::Impl::on(Truncated& e) {
  CHECK(busy_ && !installing_ && e.tail.lsn == tail_.lsn);
  busy_ = false;
  tail_ = std::move(e.tail);
  if (lead_) reconcile();
  if (leading()) try_activate();
}

void Core::Impl::on(LogTrimmed& e) {
  CHECK(e.base <= applied_);
  base_ = std::max(base_, e.base);
  trim_history(tail_.history, base_);
}

void Core::Impl::on(Tick&) {
  if (leading()) tick_leader();
  if (state_ == State::kSecondary) tick_secondary();
}

// Takes records that follow the tail, in order. At level memory that is all they need.
void Core::Impl::append_log(std::vector<Record> records) {
  for (const Record& record : records) {
    if (tail_.history.empty() || tail_.history.back().epoch != record.epoch)
      tail_.history.push_back({record.epoch, record.lsn});
  }
  tail_.lsn = records.back().lsn;
  tail_.hash = records.back().hash;
  if (config_.durability == Durability::kMemory) durable_ = tail_.lsn;
  out_.push_back(AppendLog{std::move(records)});
}

bool Core::Impl::same(const MemberRef& a, const MemberRef& b) const {
  return a.id == b.id && (a.incarnation == b.incarnation || config_.bug == Bug::kEmptyRestartOk);
}

bool Core::Impl::in_sync(const View& view, const MemberRef& member) const {
  const MemberRef* found = view.in_sync_member(member.id);
  return found != nullptr && same(*found, member);
}

bool Core::Impl::leads(const View& view) const {
  return is_self(view.primary) && view.launch == config_.launch && in_sync(view, config_.self);
}

Peer* Core::Impl::linked_peer(const NodeId& id) {
  const auto found = peers_.find(id);
  return found == peers_.end() || !found->second.linked ? nullptr : &found->second;
}

// The peer if it is, or was last, this very life of the member.
const Peer* Core::Impl::peer_of(const MemberRef& member) const {
  const auto found = peers_.find(member.id);
  return found == peers_.end() || !same(found->second.ref, member) ? nullptr : &found->second;
}

Core::Core(Config config) : impl_(std::make_unique<Impl>(std::move(config))) {}
Core::~Core() = default;

Effects Core::step(Nanos now, Event event) {
  return impl_->step(now, event);
}
bool Core::may_serve(Nanos now) const {
  return impl_->may_serve(now);
}
Refusal Core::can_append(Nanos now) const {
  return impl_->can_append(now);
}
bool Core::readable(Lsn state) const {
  if (impl_->state_ == State::kPrimary) return true;
  const bool follows = impl_->state_ == State::kLearner || impl_->state_ == State::kSecondary;
  return follows && impl_->read_from_ && state >= *impl_->read_from_;
}
Nanos Core::lease_until() const {
  return impl_->lease_until();
}
State Core::state() const {
  return impl_->state_;
}
const View& Core::view() const {
  return impl_->view_;
}
Lsn Core::tail() const {
  return impl_->tail_.lsn;
}
Epoch Core::tail_epoch() const {
  return epoch_at(impl_->tail_.history, impl_->tail_.lsn);
}
Lsn Core::durable() const {
  return impl_->durable_;
}
Lsn Core::commit() const {
  return impl_->commit_;
}
Lsn Core::applied() const {
  return impl_->applied_;
}
Lsn Core::trim_limit() const {
  return impl_->trim_limit();
}
std::vector<FollowerView> Core::followers() const {
  return impl_->followers();
}

}  // namespace multiaz::replication
