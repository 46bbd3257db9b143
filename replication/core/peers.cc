#include "replication/core/peers.h"

#include <algorithm>
#include <limits>

#include "replication/core/digest.h"

namespace multiaz::replication {
namespace {
constexpr Nanos kForever = std::numeric_limits<Nanos>::max();
}

Peer& Peers::link_up(const MemberRef& ref) {
  Peer& peer = peers_[ref.id];
  if (peer.ref != ref) {  // another incarnation: its predecessor's data and leases are void
    peer.progress.acked = Lsn();
    peer.progress.granted = 0;
    peer.progress.kept_up_since.reset();
    peer.ref = ref;
  }
  peer.linked = true;
  return peer;
}

void Peers::link_down(Peer& peer) {
  peer.linked = false;
  peer.transfer.following = false;
  peer.transfer.reading = false;
  peer.progress.kept_up_since.reset();
}

Peer* Peers::linked(const NodeId& id) {
  const auto found = peers_.find(id);
  return found == peers_.end() || !found->second.linked ? nullptr : &found->second;
}

const Peer* Peers::of(const MemberRef& member) const {
  const auto found = peers_.find(member.id);
  return found == peers_.end() || !role_.same(found->second.ref, member) ? nullptr : &found->second;
}

Peer& Peers::watched(const MemberRef& member) {
  Peer& peer = peers_[member.id];
  if (peer.ref.id.raw.empty()) {
    peer.ref = member;
    peer.progress.heard_at = peer.progress.mark_at = step_.now();
  }
  return peer;
}

void Peers::start_over() {
  for (auto& [id, peer] : peers_) {
    Peer fresh;
    fresh.ref = peer.ref;
    fresh.linked = peer.linked;
    fresh.progress.heard_at = fresh.progress.mark_at = step_.now();
    peer = std::move(fresh);
  }
}

void Peers::note_progress(Peer& peer) const {
  Progress& p = peer.progress;
  const Nanos now = step_.now();
  if (p.acked >= p.mark) {
    p.mark = log_.tail();
    p.mark_at = now;
  }
  if (p.acked >= log_.tail()) p.caught_up_at = now;
  if (now < p.granted + ms(config_.timings.lease_ms)) p.lease_ok_at = now;
  if (!peer.transfer.following || lag(peer) > kJoinLagRecordsMax)
    p.kept_up_since.reset();
  else if (!p.kept_up_since)
    p.kept_up_since = now;
}

bool Peers::any_joining() const {
  return std::any_of(peers_.begin(), peers_.end(),
                     [](const auto& entry) { return entry.second.admission.joining.has_value(); });
}

bool Peers::counted_before(const View& old) const {
  for (const MemberRef& member : role_.view().in_sync) {
    const Peer* peer = of(member);
    const bool joined = peer != nullptr && peer->admission.joining == member;
    if (!role_.is_self(member.id) && !role_.in_sync(old, member) && !joined) return false;
  }
  return true;
}

// Visits the in-sync set of the view without this member, and the members that the manager may have
// added to it without this member's knowledge.
template <typename Visit>
void Peers::for_each_required(Visit visit) const {
  for (const MemberRef& member : role_.view().in_sync) {
    if (role_.is_self(member.id)) continue;
    const Peer* peer = of(member);
    if (peer != nullptr && dropped_by_bug(*peer)) continue;
    visit(peer);
  }
  for (const auto& [id, peer] : peers_)
    if (peer.admission.joining) visit(of(*peer.admission.joining));
}

bool Peers::dropped_by_bug(const Peer& peer) const {
  if (config_.bug != Bug::kShrinkWithoutCm) return false;
  return !peer.linked || step_.now() > peer.progress.heard_at + ms(config_.timings.lease_ms);
}

Nanos Peers::lease_until() const {
  if (!role_.leading()) return 0;
  Nanos until = kForever;
  for_each_required([&](const Peer* peer) {
    const Nanos granted = peer == nullptr ? 0 : peer->progress.granted;
    until = std::min(until, granted > 0 ? granted + ms(config_.timings.lease_ms) : 0);
  });
  return until;
}

Lsn Peers::acked_by_required(Lsn own) const {
  for_each_required([&](const Peer* peer) {
    own = std::min(own, peer == nullptr ? Lsn() : peer->progress.acked);
  });
  return own;
}

bool Peers::required_have(Lsn lsn) const {
  bool all = true;
  for_each_required([&](const Peer* peer) {
    if (peer == nullptr || !peer->transfer.following || peer->progress.acked < lsn) all = false;
  });
  return all;
}

Lsn Peers::needed_after(Lsn limit) const {
  if (!role_.leading()) return limit;
  for (const auto& [id, peer] : peers_)
    if (peer.linked && peer.transfer.following && !peer.transfer.wants_snapshot)
      limit = std::min(limit, peer.progress.acked);
  return limit;
}

std::vector<FollowerView> Peers::views() const {
  std::vector<FollowerView> out;
  if (!role_.leading()) return out;
  for (const auto& [id, peer] : peers_) {
    const Progress& p = peer.progress;
    out.push_back({id, role_.in_sync(peer.ref), peer.admission.joining.has_value(), peer.linked,
                   p.acked, p.acked >= log_.tail() ? step_.now() : p.caught_up_at});
  }
  return out;
}

void Peers::digest(Digest& out) const {
  for (const auto& [id, peer] : peers_) {
    const auto& [ref, linked, t, p, a] = peer;
    out.add(id, ref, linked, t.round, t.following, t.reading, t.wants_snapshot, t.sent, p.acked);
    out.add(t.in_flight.size(), t.in_flight_bytes, t.commit_told, p.granted, p.lease_ok_at);
    out.add(p.heard_at, t.lead_at, p.mark, p.mark_at, p.caught_up_at, p.kept_up_since, a.joining);
    out.add(a.asked, a.slow, a.penalty_ms, a.no_join_before);
  }
}

}  // namespace multiaz::replication
