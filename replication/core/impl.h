// The inside of Core. One class, in files by subject:
//   core.cc        dispatch, the public face, events of the local log
//   state.cc       the table of states, the invariant
//   view_change.cc adopting a view: promoted, renewed, deposed, following
//   leader.cc      rounds with followers, sending, acks
//   commit.cc      what the commit point and the lease need, appends
//   membership.cc  what the primary and a lonely secondary ask of the manager
//   follower.cc    Lead, batches, heartbeats, snapshots on the other side
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

#include "base/core/check.h"
#include "replication/core/core.h"

namespace multiaz::replication {

constexpr uint64_t kJoinLagRecordsMax = 256;  // a learner with less may be asked in
constexpr uint32_t kLeadRetryMs = 200;        // no answer to Lead, or no snapshot possible
constexpr uint32_t kPenaltyForgottenMs = 60'000;

// A peer as this member knows it. All but the first two mean something on the primary only.
struct Peer {
  MemberRef ref;  // of the current or last link
  bool linked = false;

  uint64_t round = 0;
  bool following = false;  // answered the Lead of this round
  bool reading = false;    // SendRecords or SendSnapshot is not answered yet
  bool wants_snapshot = false;
  Lsn sent;
  Lsn acked;  // durable there; survives a broken link, not another incarnation
  std::deque<std::pair<Lsn, uint64_t>> in_flight;  // batches: last lsn, bytes
  uint64_t in_flight_bytes = 0;
  Lsn commit_told;
  Nanos granted = 0;      // our send time of the newest heartbeat it acknowledged; 0: none
  Nanos lease_ok_at = 0;  // when its grant last was young enough to be worth something
  Nanos heard_at = 0;
  Nanos lead_at = 0;  // of the last Lead or try of a snapshot
  Lsn mark;           // acked must reach this ...
  Nanos mark_at = 0;  // ... within removal_ms from here
  Nanos caught_up_at = 0;
  std::optional<Nanos> kept_up_since;
  std::optional<MemberRef> joining;  // counts as in-sync although the view does not say so yet,
  bool asked = false;                // because the manager may have been told; until the next view
  bool slow = false;                 // its removal was asked for
  uint32_t penalty_ms = 0;
  Nanos no_join_before = 0;
};

class Core::Impl {
 public:
  explicit Impl(Config config) : config_(std::move(config)) {}

  Effects step(Nanos now, Event& event);
  bool may_serve(Nanos now) const;
  Refusal can_append(Nanos now) const;
  Nanos lease_until() const;
  Lsn trim_limit() const;
  std::vector<FollowerView> followers() const;
  uint64_t digest() const;

  Config config_;
  State state_ = State::kStarting;
  View view_;
  Mark tail_;
  Lsn base_;
  Lsn durable_;
  Lsn commit_;
  Lsn applied_;
  bool positioned_ = false;  // follower: the log is a prefix of the primary's
  // Follower: readers wait until the state has this, the commit point of a primary that served
  // after this member asked to follow (as Raft's ReadIndex does for each read). None: not yet told.
  std::optional<Lsn> read_from_;

 private:
  // core.cc
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
  void reached_level(Lsn lsn, Epoch epoch);
  void append_log(std::vector<Record> records);

  // state.cc
  void move(State to, const std::string& reason);
  void check_invariant() const;

  // view_change.cc
  void on(ViewUpdate& e);
  void adopt(const View& view, bool fenced, const std::string& how);
  void promote(const std::string& reason);
  void renew(const View& old, const std::string& reason);
  void follow(const std::string& reason);
  void try_activate();
  bool grace_is_over() const;

  // leader.cc
  void on(RecordsSent& e);
  void on(SnapshotSent& e);
  void start_round(Peer& peer);
  void send_lead(Peer& peer);
  void send_heartbeat(Peer& peer);
  void pump(Peer& peer);
  void receive(Peer& peer, const Ack& m);
  void receive(Peer& peer, const HeartbeatAck& m);
  void receive(Peer& peer, const Nack& m);
  void receive(Peer& peer, const Reject& m);
  void note_progress(Peer& peer);
  void tick_leader();

  // commit.cc
  void on(ClientAppend& e);
  void update_commit();
  template <typename Visit>
  void for_each_required(Visit visit) const;
  bool dropped_by_bug(const Peer& peer) const;

  // membership.cc
  void on(HandOver& e);
  void plan_requests();
  std::string trouble_with(const MemberRef& member, const Peer& peer) const;
  void plan_join(Peer& peer);
  void plan_handover();
  void request(Change change, const MemberRef& member, std::string reason);
  void cancel_join(Peer& peer, const std::string& why);
  void punish(Peer& peer);
  void tick_secondary();

  // follower.cc
  void on(SnapshotReceived& e);
  void on(SnapshotInstalled& e);
  void receive(Peer& peer, Lead& m);
  void receive(Peer& peer, AppendBatch& m);
  void receive(Peer& peer, const Heartbeat& m);
  void reconcile();
  void diverged(const std::string& what);
  void ack_primary(bool need_snapshot);
  void learn_commit(Lsn commit);
  void apply_committed();
  bool refuse_stale(const Peer& peer, Epoch epoch);

  bool leading() const { return state_ == State::kActivating || state_ == State::kPrimary; }
  bool following() const { return state_ == State::kLearner || state_ == State::kSecondary; }
  bool is_self(const NodeId& id) const { return id == config_.self.id; }
  bool in_sync(const View& view, const MemberRef& member) const;
  bool leads(const View& view) const;
  bool same(const MemberRef& a, const MemberRef& b) const;
  Peer* linked_peer(const NodeId& id);
  const Peer* peer_of(const MemberRef& member) const;
  Epoch epoch() const { return view_.epoch; }
  uint64_t lag(const Peer& peer) const {
    return tail_.lsn.raw - std::min(tail_.lsn, peer.acked).raw;
  }
  void send(const NodeId& to, Message message) {
    out_.push_back(SendMessage{to, std::move(message)});
  }
  void trace(std::string text) { out_.push_back(Trace{std::move(text)}); }

  Nanos now_ = 0;
  Effects out_;
  std::map<NodeId, Peer> peers_;
  bool busy_ = false;  // TruncateLog or InstallSnapshot is not answered yet

  // as a follower
  std::optional<Lead> lead_;  // the newest, not reconciled yet
  uint64_t round_ = 0;
  std::optional<Nanos> promised_at_;  // of the last heartbeat acknowledged to anybody
  Nanos primary_heard_at_ = 0;
  std::optional<Mark> installing_;

  // as the primary
  uint64_t rounds_ = 0;
  bool fenced_ = false;
  bool had_lease_ = false;
  Nanos role_since_ = 0;
  Nanos heartbeat_at_ = 0;
  std::deque<uint64_t> uncommitted_;  // payload sizes of own records after commit_
  uint64_t uncommitted_bytes_ = 0;
  std::optional<NodeId> handing_to_;
  Nanos handover_at_ = 0;
  RequestView last_request_;
  Nanos last_request_at_ = 0;
};

// Everybody else whose word is needed: the in-sync set of the view, and whoever the manager may
// have added to it without our knowing.
template <typename Visit>
void Core::Impl::for_each_required(Visit visit) const {
  for (const MemberRef& member : view_.in_sync) {
    if (is_self(member.id)) continue;
    const Peer* peer = peer_of(member);
    if (peer != nullptr && dropped_by_bug(*peer)) continue;
    visit(member, peer);
  }
  for (const auto& [id, peer] : peers_)
    if (peer.joining) visit(*peer.joining, peer_of(*peer.joining));
}

}  // namespace multiaz::replication
