// Passes each event to the part that it concerns, takes appends, and moves the commit point.
#include "replication/core/impl.h"

#include <fmt/format.h>

#include <variant>

#include "replication/core/digest.h"
#include "replication/core/text.h"

namespace multiaz::replication {

Effects Core::Impl::step(Nanos now, Event& event) {
  CHECK(role_.state() != State::kFailed);
  CHECK((role_.state() == State::kStarting) == std::holds_alternative<Start>(event));
  step_.begin(now);
  std::visit([this](auto& e) { on(e); }, event);
  check_invariant();
  return step_.take();
}

void Core::Impl::check_invariant() const {
  log_.check();
  role_.check();
  if (!role_.primary()) CHECK(backlog_.records() == 0);
  CHECK(backlog_.records() <= log_.tail().raw - log_.commit().raw);
}

// A crash forgets the leases that were granted. The last one may have been granted just before, so
// the grace period counts from now.
void Core::Impl::on(Start& e) {
  role_.take(std::move(e.view));
  log_.start(e);
  if (role_.epoch().raw > 0) follower_.promise();
  follow("started");
}

void Core::Impl::on(LinkUp& e) {
  Peer& peer = peers_.link_up(e.peer);
  step_.trace(fmt::format("link to {} up", e.peer.id.raw));
  if (role_.leading()) rounds_.start(peer);
}

void Core::Impl::on(LinkDown& e) {
  Peer* peer = peers_.linked(e.peer);
  if (peer == nullptr) return;
  peers_.link_down(*peer);
  step_.trace(fmt::format("link to {} down", e.peer.raw));
  if (role_.leading()) plan_requests();
}

void Core::Impl::on(Received& e) {
  Peer* peer = peers_.linked(e.from);
  if (peer == nullptr) return;
  std::visit(Overloaded{[](Handshake&) {}, [](SnapshotBegin&) {}, [](SnapshotChunk&) {},
                        [](SnapshotEnd&) {}, [&](auto& m) { receive(*peer, m); }},
             e.message);
}

// --- events from a primary

void Core::Impl::receive(Peer& peer, Lead& m) {
  const NodeId& from = peer.ref.id;
  if (from == m.view.primary && m.view.epoch > role_.epoch())
    adopt(m.view, false, "learned from " + from.raw);
  follower_.receive(from, m);
}

void Core::Impl::receive(Peer& peer, AppendBatch& m) {
  follower_.receive(peer.ref.id, m);
}

void Core::Impl::receive(Peer& peer, const Heartbeat& m) {
  follower_.receive(peer.ref.id, m);
}

void Core::Impl::on(SnapshotReceived& e) {
  follower_.snapshot_received(e);
}

// --- events from a follower

void Core::Impl::receive(Peer& peer, const Ack& m) {
  if (!rounds_.acked(peer, m)) return;
  update_commit();
  try_activate();
  rounds_.pump(peer);
  if (role_.primary()) plan_join(peer);
}

void Core::Impl::receive(Peer& peer, const HeartbeatAck& m) {
  rounds_.granted(peer, m);
  try_activate();
}

void Core::Impl::receive(Peer& peer, const Nack& m) {
  rounds_.refused(peer, m);
}

void Core::Impl::receive(Peer& peer, const Reject& m) {
  if (m.view.epoch > role_.epoch()) adopt(m.view, false, "learned from " + peer.ref.id.raw);
}

void Core::Impl::on(RecordsSent& e) {
  rounds_.records_sent(e);
}

void Core::Impl::on(SnapshotSent& e) {
  rounds_.snapshot_sent(e);
}

// --- events from the own log

void Core::Impl::on(Appended& e) {
  if (config_.durability != Durability::kDisk) reached_level(e.lsn, e.epoch);
}

void Core::Impl::on(Persisted& e) {
  if (config_.durability == Durability::kDisk) reached_level(e.lsn, e.epoch);
}

void Core::Impl::reached_level(Lsn lsn, Epoch epoch) {
  if (!log_.reached(lsn, epoch)) return;
  if (role_.following()) {
    follower_.level_reached();
  } else if (role_.leading()) {
    update_commit();
    try_activate();
  }
}

// A failed sync may have dropped the pages that it failed to write, so a second try that succeeds
// proves nothing (fsyncgate). This process therefore ends, and what it did not acknowledge does not
// count.
void Core::Impl::on(LogFailed& e) {
  if (config_.bug == Bug::kRetryFsync) {
    step_.trace("log failed, tried again: " + e.reason);
    return reached_level(log_.tail(), log_.epoch_of(log_.tail()));
  }
  step_.emit(Notice{"log-failed", e.reason});
  backlog_.clear();
  role_.fail(e.reason);
}

void Core::Impl::on(Truncated& e) {
  log_.truncated(std::move(e.tail));
  follower_.truncated();
  try_activate();
}

void Core::Impl::on(SnapshotInstalled&) {
  log_.installed();
  follower_.snapshot_installed();
  try_activate();
}

void Core::Impl::on(LogTrimmed& e) {
  log_.trimmed(e.base);
}

// --- events on the primary

void Core::Impl::on(Tick&) {
  if (role_.leading()) tick_leader();
  if (role_.state() == State::kSecondary) membership_.ask_to_replace_primary(follower_.heard_at());
}

void Core::Impl::tick_leader() {
  rounds_.tick();
  const bool lease = step_.now() < peers_.lease_until();
  if (role_.primary() && lease != had_lease_) {
    step_.trace(lease ? "lease held again" : "lease lost: reads and appends are refused");
    had_lease_ = lease;
  }
  try_activate();
  plan_requests();
}

void Core::Impl::on(HandOver& e) {
  membership_.hand_over(e);
}

void Core::Impl::plan_requests() {
  membership_.ask_removals();
  if (!role_.primary()) return;
  membership_.plan_handover();
  for (auto& [id, peer] : peers_.all()) plan_join(peer);
}

void Core::Impl::plan_join(Peer& peer) {
  if (!membership_.plan_join(peer)) update_commit();
}

bool Core::Impl::may_serve(Nanos now) const {
  if (config_.bug == Bug::kCachedClockLease) now = step_.now();
  return role_.primary() && now < peers_.lease_until();
}

Refusal Core::Impl::can_append(Nanos now) const {
  if (!role_.primary()) return Refusal::kNotPrimary;
  if (!may_serve(now)) return Refusal::kNoLease;
  if (role_.view().in_sync.size() < config_.min_in_sync) return Refusal::kTooFewInSync;
  if (membership_.handing_over()) return Refusal::kHandingOver;
  return backlog_.full() ? Refusal::kBacklog : Refusal::kNone;
}

bool Core::Impl::readable(Lsn state) const {
  if (role_.primary()) return true;
  return role_.following() && follower_.read_from() && state >= *follower_.read_from();
}

void Core::Impl::on(ClientAppend& e) {
  // The lease may have run out since can_append was asked.
  CHECK(role_.primary() && !membership_.handing_over());
  CHECK(!e.payloads.empty());
  std::vector<Record> records;
  records.reserve(e.payloads.size());
  Lsn lsn = log_.tail();
  uint64_t hash = log_.mark().hash;
  for (std::string& payload : e.payloads) {
    lsn = next(lsn);
    hash = chain_hash(hash, role_.epoch(), lsn, payload);
    backlog_.add(payload.size());
    records.push_back(Record{role_.epoch(), lsn, hash, std::move(payload)});
  }
  log_.append(std::move(records));
  rounds_.pump_all();
  update_commit();
}

// The commit point is what *all* required members hold, never a majority of them (rule 2).
void Core::Impl::update_commit() {
  if (!role_.primary()) return;
  Lsn all = log_.durable();
  if (config_.bug == Bug::kAckBeforeReplicate)
    all = log_.tail();
  else if (config_.durability != Durability::kAsync)
    all = peers_.acked_by_required(all);
  if (all <= log_.commit()) return;
  backlog_.committed(all.raw - log_.commit().raw);
  log_.commit_executed(all);
  if (log_.commit() == log_.tail()) membership_.plan_handover();
}

uint64_t Core::Impl::digest() const {
  Digest out;
  role_.digest(out);
  log_.digest(out);
  follower_.digest(out);
  peers_.digest(out);
  rounds_.digest(out);
  membership_.digest(out);
  out.add(fenced_, had_lease_, backlog_.records(), backlog_.bytes());
  return out.value();
}

}  // namespace multiaz::replication
