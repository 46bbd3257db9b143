#include "replication/core/digest.h"

#include "replication/core/impl.h"
#include "replication/core/manager_impl.h"

namespace multiaz::replication {
namespace {

void add_peer(Digest& out, const Peer& p) {
  out.add(p.ref, p.linked, p.round, p.following, p.reading, p.wants_snapshot, p.sent, p.acked);
  out.add(p.in_flight.size(), p.in_flight_bytes, p.commit_told, p.granted, p.lease_ok_at);
  out.add(p.heard_at, p.lead_at, p.mark, p.mark_at, p.caught_up_at, p.kept_up_since, p.joining);
  out.add(p.asked, p.slow, p.penalty_ms, p.no_join_before);
}

}  // namespace

uint64_t Core::Impl::digest() const {
  Digest out;
  out.add(static_cast<uint64_t>(state_), view_, tail_, base_, durable_, commit_, applied_);
  out.add(positioned_, read_from_, busy_, round_, promised_at_, primary_heard_at_, installing_);
  if (lead_) out.add(Message(*lead_));
  for (const auto& [id, peer] : peers_) add_peer(out.add(id), peer);
  out.add(rounds_, fenced_, had_lease_, role_since_, heartbeat_at_, uncommitted_.size());
  out.add(uncommitted_bytes_, handing_to_, handover_at_, last_request_at_);
  return out.value();
}

uint64_t Core::digest() const {
  return impl_->digest();
}

uint64_t Manager::Impl::digest() const {
  Digest out;
  out.add(describe(state_), started_, recalled_, waiting_, reunion_since_, settled_);
  for (const auto& [id, seen] : seen_) {
    out.add(id, seen.at, seen.dead, seen.sent_at, seen.report.has_value());
    if (!seen.report) continue;
    const MemberReport& r = *seen.report;
    out.add(r.launch, r.incarnation, r.view, static_cast<uint64_t>(r.state), r.tail_epoch, r.tail);
  }
  return out.value();
}

uint64_t Manager::digest() const {
  return impl_->digest();
}

}  // namespace multiaz::replication
