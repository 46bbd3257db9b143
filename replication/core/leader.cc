// The primary and its followers: rounds, batches, heartbeats and what comes back.
#include <fmt/format.h>

#include <algorithm>

#include "replication/core/impl.h"

namespace multiaz::replication {

// A new link or a new epoch: compare logs before anything else is sent. `acked` stays, since what
// is durable there does not go away with a link.
void Core::Impl::start_round(Peer& peer) {
  peer.round = ++rounds_;
  peer.following = false;
  peer.reading = false;
  peer.wants_snapshot = false;
  peer.in_flight.clear();
  peer.in_flight_bytes = 0;
  peer.mark_at = now_;
  send_lead(peer);
  send_heartbeat(peer);
}

void Core::Impl::send_lead(Peer& peer) {
  peer.lead_at = now_;
  send(peer.ref.id, Lead{view_, peer.round, base_, tail_.lsn, tail_.history});
}

void Core::Impl::send_heartbeat(Peer& peer) {
  peer.commit_told = commit_;
  const bool current = peer.following && !peer.wants_snapshot && may_serve(now_);
  send(peer.ref.id, Heartbeat{epoch(), now_, commit_, current ? peer.round : 0});
}

// One read at a time for each follower, a bounded number of bytes on their way.
void Core::Impl::pump(Peer& peer) {
  if (!peer.linked || !peer.following || peer.reading) return;
  if (peer.wants_snapshot || (peer.sent < tail_.lsn && peer.sent < base_)) {
    if (peer.wants_snapshot && now_ < peer.lead_at + ms(kLeadRetryMs)) return;
    peer.wants_snapshot = true;
    peer.reading = true;
    peer.lead_at = now_;
    trace(fmt::format("{} needs a snapshot", peer.ref.id.raw));
    out_.push_back(SendSnapshot{peer.ref.id, epoch(), peer.round});
    return;
  }
  if (peer.sent >= tail_.lsn || peer.in_flight_bytes >= kWindowBytesMax) return;
  peer.reading = true;
  peer.commit_told = commit_;
  out_.push_back(
      SendRecords{peer.ref.id, epoch(), peer.round, next(peer.sent), tail_.lsn, commit_});
}

void Core::Impl::on(RecordsSent& e) {
  Peer* peer = linked_peer(e.to);
  if (peer == nullptr || !leading() || e.round != peer->round || !peer->reading) return;
  peer->reading = false;
  if (e.last <= peer->sent) return;  // the link is going down; LinkDown follows
  CHECK(e.last <= tail_.lsn);
  peer->sent = e.last;
  if (peer->acked < e.last) {
    peer->in_flight.emplace_back(e.last, e.bytes);
    peer->in_flight_bytes += e.bytes;
  }
  pump(*peer);
}

void Core::Impl::on(SnapshotSent& e) {
  Peer* peer = linked_peer(e.to);
  if (peer == nullptr || !leading() || e.round != peer->round || !peer->reading) return;
  peer->reading = false;
  if (!e.ok) return;  // tick tries again
  // What the follower said so far is about the log it had before: compare again, behind the
  // snapshot on the same link.
  start_round(*peer);
}

// The first Ack of a round says where the follower stands after comparing logs.
void Core::Impl::receive(Peer& peer, const Ack& m) {
  if (!leading() || m.epoch != epoch() || m.round != peer.round) return;
  peer.heard_at = now_;
  if (m.need_snapshot) {
    if (!peer.wants_snapshot) peer.lead_at = 0;  // at once
    peer.following = peer.wants_snapshot = true;
    peer.acked = Lsn();
    return pump(peer);
  }
  if (m.appended > tail_.lsn) return;  // not a prefix of this log: it must compare first
  if (!peer.following) {
    if (m.durable < peer.acked && in_sync(view_, peer.ref))
      out_.push_back(
          Notice{"lost-records", fmt::format("{} has only {} of {} records it had", peer.ref.id.raw,
                                             m.durable.raw, peer.acked.raw)});
    trace(fmt::format("{} follows from {}", peer.ref.id.raw, m.appended.raw));
    peer.following = true;
    peer.wants_snapshot = false;
    peer.sent = m.appended;
    peer.acked = m.durable;
  }
  peer.acked = std::max(peer.acked, m.durable);
  while (!peer.in_flight.empty() && peer.in_flight.front().first <= m.durable) {
    peer.in_flight_bytes -= peer.in_flight.front().second;
    peer.in_flight.pop_front();
  }
  note_progress(peer);
  update_commit();
  try_activate();
  pump(peer);
  if (state_ == State::kPrimary) plan_join(peer);
}

void Core::Impl::note_progress(Peer& peer) {
  if (peer.acked >= peer.mark) {
    peer.mark = tail_.lsn;
    peer.mark_at = now_;
  }
  if (peer.acked >= tail_.lsn) peer.caught_up_at = now_;
  if (now_ < peer.granted + ms(config_.timings.lease_ms)) peer.lease_ok_at = now_;
  if (!peer.following || lag(peer) > kJoinLagRecordsMax)
    peer.kept_up_since.reset();
  else if (!peer.kept_up_since)
    peer.kept_up_since = now_;
}

void Core::Impl::receive(Peer& peer, const HeartbeatAck& m) {
  if (!leading() || m.epoch != epoch() || m.sent_ns > now_) return;
  peer.heard_at = now_;
  const bool at_receipt = config_.bug == Bug::kLeaseFromReceipt;
  peer.granted = std::max(peer.granted, at_receipt ? now_ : m.sent_ns);
  try_activate();
}

void Core::Impl::receive(Peer& peer, const Nack& m) {
  if (!leading() || m.epoch != epoch() || m.round != peer.round) return;
  trace(fmt::format("{} expects {}", peer.ref.id.raw, m.expected.raw));
  start_round(peer);
}

void Core::Impl::receive(Peer& peer, const Reject& m) {
  if (m.view.epoch > epoch()) adopt(m.view, false, "learned from " + peer.ref.id.raw);
}

void Core::Impl::tick_leader() {
  const bool due = now_ >= heartbeat_at_ + ms(config_.timings.heartbeat_ms);
  if (due) heartbeat_at_ = now_;
  for (auto& [id, peer] : peers_) {
    if (!peer.linked) continue;
    note_progress(peer);
    if (!peer.following && now_ >= peer.lead_at + ms(kLeadRetryMs)) send_lead(peer);
    if (due || peer.commit_told < commit_) send_heartbeat(peer);
    pump(peer);
  }
  const bool lease = now_ < lease_until();
  if (state_ == State::kPrimary && lease != had_lease_) {
    trace(lease ? "lease held again" : "lease lost: reads and appends are refused");
    had_lease_ = lease;
  }
  try_activate();
  plan_requests();
}

Lsn Core::Impl::trim_limit() const {
  Lsn limit = applied_;
  for (const auto& [id, peer] : peers_)
    if (leading() && peer.linked && peer.following && !peer.wants_snapshot)
      limit = std::min(limit, peer.acked);
  return limit;
}

std::vector<FollowerView> Core::Impl::followers() const {
  std::vector<FollowerView> out;
  if (!leading()) return out;
  for (const auto& [id, peer] : peers_) {
    const bool member = in_sync(view_, peer.ref);
    out.push_back({id, member, peer.joining.has_value(), peer.linked, peer.acked,
                   peer.acked >= tail_.lsn ? now_ : peer.caught_up_at});
  }
  return out;
}

}  // namespace multiaz::replication
