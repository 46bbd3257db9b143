// The follower's side of replication: it compares its log with the primary's, takes records and
// snapshots, grants the primary its lease, and learns what is committed.
#pragma once

#include <optional>
#include <string>

#include "replication/core/role.h"

namespace multiaz::replication {

class Follower {
 public:
  Follower(const Config& config, MemberRole& role, Positions& log, Step& step)
      : config_(config), role_(role), log_(log), step_(step) {}

  void new_view();            // the logs are compared again
  void begin(bool led);       // the member follows from now on; led: it was the primary until now
  void promise();             // counts as a lease that is granted now
  bool promise_over() const;  // every lease that it helped to give has run out
  Nanos heard_at() const { return primary_heard_at_; }
  // Readers wait until the state has this lsn, the commit point of a primary that served after this
  // member asked to follow (Raft's ReadIndex does so for each read). None: the primary has not told
  // it.
  std::optional<Lsn> read_from() const { return read_from_; }

  // Messages of a peer. One of another view is answered with this member's view, or dropped.
  void receive(const NodeId& from, Lead& m);
  void receive(const NodeId& from, AppendBatch& m);
  void receive(const NodeId& from, const Heartbeat& m);
  void snapshot_received(SnapshotReceived& e);

  // Events of the own log.
  void level_reached();
  void truncated();
  void snapshot_installed();
  void digest(Digest& out) const;

 private:
  bool refuse_stale(const NodeId& from, Epoch epoch);
  bool of_primary(const NodeId& from, Epoch epoch) const;
  bool fits(const AppendBatch& m) const;
  void reconcile();
  void no_common_point(const Lead& lead);
  void diverged(const std::string& what);
  void ack(bool need_snapshot);
  void learn_commit(Lsn commit);

  const Config& config_;
  MemberRole& role_;
  Positions& log_;
  Step& step_;
  std::optional<Lead> lead_;  // the newest, not reconciled yet
  uint64_t round_ = 0;
  bool positioned_ = false;  // the log is a prefix of the primary's
  std::optional<Lsn> read_from_;
  std::optional<Nanos> promised_at_;  // when the last heartbeat of any primary was acknowledged
  Nanos primary_heard_at_ = 0;
};

}  // namespace multiaz::replication
