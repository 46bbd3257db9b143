#include "replication/core/rounds.h"

#include <fmt/format.h>

#include <algorithm>

#include "replication/core/digest.h"

namespace multiaz::replication {

// A new link or a new epoch: the logs are compared before anything else is sent. `acked` stays,
// since records that are durable there do not vanish with a link.
void Rounds::start(Peer& peer) {
  Transfer& t = peer.transfer;
  t.round = ++rounds_;
  t.following = false;
  t.reading = false;
  t.wants_snapshot = false;
  t.in_flight.clear();
  t.in_flight_bytes = 0;
  peer.progress.mark_at = step_.now();
  send_lead(peer);
  send_heartbeat(peer);
}

void Rounds::start_all() {
  for (auto& [id, peer] : peers_.all())
    if (peer.linked) start(peer);
}

void Rounds::send_lead(Peer& peer) {
  peer.transfer.lead_at = step_.now();
  step_.send(peer.ref.id, Lead{role_.view(), peer.transfer.round, log_.base(), log_.tail(),
                               log_.mark().history});
}

void Rounds::send_heartbeat(Peer& peer) {
  Transfer& t = peer.transfer;
  t.commit_told = log_.commit();
  const bool current =
      t.following && !t.wants_snapshot && role_.primary() && step_.now() < peers_.lease_until();
  step_.send(peer.ref.id,
             Heartbeat{role_.epoch(), step_.now(), log_.commit(), current ? t.round : 0});
}

// Each follower has one read at a time, and a bounded number of bytes in flight.
void Rounds::pump(Peer& peer) {
  Transfer& t = peer.transfer;
  if (!peer.linked || !t.following || t.reading) return;
  if (t.wants_snapshot || (t.sent < log_.tail() && t.sent < log_.base())) {
    if (t.wants_snapshot && step_.now() < t.lead_at + ms(kLeadRetryMs)) return;
    t.wants_snapshot = true;
    t.reading = true;
    t.lead_at = step_.now();
    step_.trace(fmt::format("{} needs a snapshot", peer.ref.id.raw));
    step_.emit(SendSnapshot{peer.ref.id, role_.epoch(), t.round});
    return;
  }
  if (t.sent >= log_.tail() || t.in_flight_bytes >= kWindowBytesMax) return;
  t.reading = true;
  t.commit_told = log_.commit();
  step_.emit(
      SendRecords{peer.ref.id, role_.epoch(), t.round, next(t.sent), log_.tail(), log_.commit()});
}

void Rounds::pump_all() {
  for (auto& [id, peer] : peers_.all()) pump(peer);
}

void Rounds::records_sent(const RecordsSent& e) {
  Peer* peer = peers_.linked(e.to);
  if (peer == nullptr || !role_.leading()) return;
  Transfer& t = peer->transfer;
  if (e.round != t.round || !t.reading) return;
  t.reading = false;
  if (e.last <= t.sent) return;  // the link is going down; LinkDown follows
  CHECK(e.last <= log_.tail());
  t.sent = e.last;
  if (peer->progress.acked < e.last) {
    t.in_flight.emplace_back(e.last, e.bytes);
    t.in_flight_bytes += e.bytes;
  }
  pump(*peer);
}

void Rounds::snapshot_sent(const SnapshotSent& e) {
  Peer* peer = peers_.linked(e.to);
  if (peer == nullptr || !role_.leading()) return;
  if (e.round != peer->transfer.round || !peer->transfer.reading) return;
  peer->transfer.reading = false;
  if (!e.ok) return;  // the next tick tries again
  // The follower's answers so far concern the log that it had before, so the logs are compared
  // again, behind the snapshot on the same link.
  start(*peer);
}

bool Rounds::acked(Peer& peer, const Ack& m) {
  Transfer& t = peer.transfer;
  if (!role_.leading() || m.epoch != role_.epoch() || m.round != t.round) return false;
  peer.progress.heard_at = step_.now();
  if (m.need_snapshot) {
    if (!t.wants_snapshot) t.lead_at = 0;  // Lead is sent again at once
    t.following = t.wants_snapshot = true;
    peer.progress.acked = Lsn();
    pump(peer);
    return false;
  }
  // The follower's log is no prefix of this one: it must compare first.
  if (m.appended > log_.tail()) return false;
  if (!t.following) follows(peer, m);
  peer.progress.acked = std::max(peer.progress.acked, m.durable);
  while (!t.in_flight.empty() && t.in_flight.front().first <= m.durable) {
    t.in_flight_bytes -= t.in_flight.front().second;
    t.in_flight.pop_front();
  }
  peers_.note_progress(peer);
  return true;
}

// The first Ack of a round tells the follower's position after the logs were compared.
void Rounds::follows(Peer& peer, const Ack& m) {
  Progress& p = peer.progress;
  if (m.durable < p.acked && role_.in_sync(peer.ref))
    step_.emit(Notice{"lost-records", fmt::format("{} has only {} of {} records it had",
                                                  peer.ref.id.raw, m.durable.raw, p.acked.raw)});
  step_.trace(fmt::format("{} follows from {}", peer.ref.id.raw, m.appended.raw));
  peer.transfer.following = true;
  peer.transfer.wants_snapshot = false;
  peer.transfer.sent = m.appended;
  p.acked = m.durable;
}

void Rounds::granted(Peer& peer, const HeartbeatAck& m) {
  const Nanos now = step_.now();
  if (!role_.leading() || m.epoch != role_.epoch() || m.sent_ns > now) return;
  peer.progress.heard_at = now;
  const bool at_receipt = config_.bug == Bug::kLeaseFromReceipt;
  peer.progress.granted = std::max(peer.progress.granted, at_receipt ? now : m.sent_ns);
}

void Rounds::refused(Peer& peer, const Nack& m) {
  if (!role_.leading() || m.epoch != role_.epoch() || m.round != peer.transfer.round) return;
  step_.trace(fmt::format("{} expects {}", peer.ref.id.raw, m.expected.raw));
  start(peer);
}

void Rounds::tick() {
  const Nanos now = step_.now();
  const bool due = now >= heartbeat_at_ + ms(config_.timings.heartbeat_ms);
  if (due) heartbeat_at_ = now;
  for (auto& [id, peer] : peers_.all()) {
    if (!peer.linked) continue;
    const Transfer& t = peer.transfer;
    peers_.note_progress(peer);
    if (!t.following && now >= t.lead_at + ms(kLeadRetryMs)) send_lead(peer);
    if (due || t.commit_told < log_.commit()) send_heartbeat(peer);
    pump(peer);
  }
}

void Rounds::digest(Digest& out) const {
  out.add(rounds_, heartbeat_at_);
}

}  // namespace multiaz::replication
