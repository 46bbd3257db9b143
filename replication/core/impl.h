// The implementation of Core: it passes each event to the part that it concerns, and decides what
// needs more than one part: the commit point, and when a new primary may serve.
#pragma once

#include "replication/core/backlog.h"
#include "replication/core/follower.h"
#include "replication/core/membership.h"
#include "replication/core/rounds.h"

namespace multiaz::replication {

class Core::Impl {
 public:
  explicit Impl(Config config)
      : config_(std::move(config)),
        log_(config_.durability, step_),
        role_(config_, log_, step_),
        peers_(config_, role_, log_, step_),
        rounds_(config_, role_, log_, peers_, step_),
        membership_(config_, role_, log_, peers_, step_),
        follower_(config_, role_, log_, step_) {}

  Effects step(Nanos now, Event& event);
  bool may_serve(Nanos now) const;
  Refusal can_append(Nanos now) const;
  bool readable(Lsn state) const;
  uint64_t digest() const;
  const Positions& log() const { return log_; }
  const MemberRole& role() const { return role_; }
  const Peers& peers() const { return peers_; }

 private:
  // impl.cc
  void on(Start& e);
  void on(LinkUp& e);
  void on(LinkDown& e);
  void on(Received& e);
  void on(Appended& e);
  void on(Persisted& e);
  void on(LogFailed& e);
  void on(Truncated& e);
  void on(LogTrimmed& e);
  void on(Tick& e);
  void on(RecordsSent& e);
  void on(SnapshotSent& e);
  void on(ClientAppend& e);
  void on(HandOver& e);
  void on(SnapshotReceived& e);
  void on(SnapshotInstalled& e);
  void receive(Peer& peer, Lead& m);
  void receive(Peer& peer, AppendBatch& m);
  void receive(Peer& peer, const Heartbeat& m);
  void receive(Peer& peer, const Ack& m);
  void receive(Peer& peer, const HeartbeatAck& m);
  void receive(Peer& peer, const Nack& m);
  void receive(Peer& peer, const Reject& m);
  void reached_level(Lsn lsn, Epoch epoch);
  void update_commit();
  void plan_requests();
  void plan_join(Peer& peer);
  void tick_leader();
  void check_invariant() const;

  // view_change.cc
  void on(ViewUpdate& e);
  void adopt(const View& view, bool fenced, const std::string& how);
  void promote(const std::string& reason);
  void renew(const View& old, const std::string& reason);
  void follow(const std::string& reason);
  void try_activate();
  bool grace_is_over() const;

  Config config_;
  Step step_;
  Positions log_;
  MemberRole role_;
  Peers peers_;
  Rounds rounds_;
  Membership membership_;
  Follower follower_;
  Backlog backlog_;
  bool fenced_ = false;     // no former primary can serve
  bool had_lease_ = false;  // whether it had a lease at the last tick
};

}  // namespace multiaz::replication
