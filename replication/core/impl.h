// The implementation of Core: it passes each event to the part that it concerns, and changes the
// role of the member when a new view comes.
#pragma once

#include "replication/core/leadership.h"

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
        follower_(config_, role_, log_, step_),
        leadership_(config_, role_, log_, peers_, rounds_, membership_, follower_, step_) {}

  Effects step(Nanos now, Event& event);
  bool readable(Lsn state) const;
  uint64_t digest() const;
  const Positions& log() const { return log_; }
  const MemberRole& role() const { return role_; }
  const Peers& peers() const { return peers_; }
  const Leadership& leadership() const { return leadership_; }

 private:
  void on(Start& e);
  void on(ViewUpdate& e);
  void on(LinkUp& e);
  void on(LinkDown& e);
  void on(Received& e);
  void on(LogFailed& e);
  void on(Truncated& e);
  void on(SnapshotInstalled& e);
  void on(Tick& e);
  void receive(Peer& peer, Lead& m);
  void receive(Peer& peer, const Ack& m);
  void receive(Peer& peer, const HeartbeatAck& m);
  void receive(Peer& peer, const Reject& m);
  void adopt(const View& view, bool fenced, const std::string& how);
  void follow(const std::string& reason);
  void reached_level(Lsn lsn, Epoch epoch);
  void check_invariant() const;

  Config config_;
  Step step_;
  Positions log_;
  MemberRole role_;
  Peers peers_;
  Rounds rounds_;
  Membership membership_;
  Follower follower_;
  Leadership leadership_;
};

}  // namespace multiaz::replication
