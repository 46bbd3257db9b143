#include "replication/member/status.h"

#include <limits>
#include <string>
#include <utility>

#include "replication/member/reporter.h"

namespace multiaz::replication {

GroupStatus group_status(const Shared& shared) {
  const Driver& driver = *shared.driver;
  const Core& core = driver.core();
  GroupStatus out;
  const Nanos now = monotonic_now();
  out.role = role_of(driver.state());
  out.epoch = driver.view().epoch;
  out.tail = core.tail();
  out.commit = driver.queue().machine_at();
  out.serving = driver.serving();
  out.primary = driver.view().primary.raw;
  const Nanos until = core.lease_until();
  if (until == std::numeric_limits<Nanos>::max()) {
    // A primary without other members: it never runs out.
    out.lease_left_ms = shared.config.timings.lease_ms;
  } else if (until > now) {
    out.lease_left_ms = (until - now) / kMillisecond;
  }
  for (const FollowerView& follower : core.followers()) {
    PeerStatus peer;
    peer.id = follower.id.raw;
    peer.in_sync = follower.in_sync;
    peer.connected = follower.linked;
    peer.acked = follower.acked;
    peer.lag_ms = now > follower.caught_up_at ? (now - follower.caught_up_at) / kMillisecond : 0;
    // It never had the whole log since the clock began.
    if (follower.caught_up_at == 0) peer.lag_ms = kLagUnknownMs;
    out.peers.push_back(std::move(peer));
  }
  return out;
}

void fill_report(const Shared& shared, wire::StatusReport& report) {
  const GroupStatus now = group_status(shared);
  const Driver& driver = *shared.driver;
  const LearnerRef* learner = driver.view().learner(shared.config.id);
  report.role = now.role == Role::kNone ? "" : std::string(to_string(now.role));
  if (now.role == Role::kLearner && learner && !learner->candidate) report.role = "replica";
  report.epoch = now.epoch.raw;
  report.tail = now.tail.raw;
  report.commit = now.commit.raw;
  report.serving = now.serving;
  report.lease_left_ms = static_cast<int64_t>(now.lease_left_ms);
  report.incarnation = shared.log->meta().incarnation.raw;
  report.peers.clear();
  for (const PeerStatus& follower : now.peers) {
    wire::PeerStatus peer;
    peer.id = follower.id;
    peer.in_sync = follower.in_sync;
    peer.connected = follower.connected;
    peer.acked = follower.acked.raw;
    peer.lag_ms = follower.lag_ms;
    report.peers.push_back(std::move(peer));
  }
  report.view = describe(driver.view());
  report.member_state = std::string(to_string(driver.state()));
  report.tail_epoch = driver.core().tail_epoch().raw;
  if (driver.failure()) report.health = *driver.failure();
  const LogCounters log = shared.log->counters();
  report.counters["log_base"] = shared.log->base().lsn.raw;
  report.counters["log_tail"] = shared.log->tail().lsn.raw;
  report.counters["log_tail_hash"] = shared.log->tail().hash;
  for (const Milestone& one : shared.log->milestones()) {
    const std::string name = "log_at_" + std::to_string(one.every);
    report.counters[name] = one.lsn.raw;
    report.counters[name + "_hash"] = one.hash;
  }
  report.counters["log_bytes"] = log.bytes;
  report.counters["log_segments"] = log.segments;
  report.counters["log_syncs"] = log.syncs;
  report.counters["log_sync_us_max"] = log.sync_us_max;
}

}  // namespace multiaz::replication
