// The inside of Member. One class, in files by subject:
//   member.cc           the public face, opening, running
//   member_pump.cc      events in, effects carried out in order
//   member_machine.cc   the daemon's state machine: applying, rebuilding, own snapshots
//   member_copies.cc    copies of the state for people: snapshots that outlive the member
//   member_transfer.cc  records and snapshots on their way to and from other members
//
// Order of things. feed() steps the core at once and queues its effects; the pump carries them out
// at the end of the loop's turn. Some effects are barriers: nothing after them is carried out
// until the disk has answered (a new view must be durable before anything of it leaves). Answers
// are fed when the queue of effects has run empty or stands at a barrier.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/wait.h"
#include "replication/core/core.h"
#include "replication/links.h"
#include "replication/log/log.h"
#include "replication/member.h"

namespace multiaz::replication {

constexpr uint64_t kHoldBytesMax = 256 << 10;
constexpr uint64_t kApplySliceMs = 2;      // of one turn of the loop
constexpr uint64_t kInstallSliceUs = 500;  // of a received snapshot,
constexpr uint64_t kInstallPauseMs = 2;    // then a pause: others share this machine
constexpr uint64_t kApplyReadBytesMax = 1u << 20;
constexpr uint64_t kSnapshotSliceUs = 800;             // of an own snapshot, in a tick of the links
constexpr uint64_t kInUseMs = 1000;                    // since the last append: clients write
constexpr uint64_t kTransferLogBytesMax = 1ull << 30;  // kept for followers that install
constexpr uint64_t kSnapshotRetryMs = 1000;            // after a state machine said "later"
constexpr size_t kCopiesWaitingMax = 4;                // orders to take a snapshot
constexpr uint64_t kCopyBeginMs = 30'000;              // for the state machine to allow it
constexpr uint64_t kReceivedSnapshotBytesMax = 4ull << 30;

class Member::Impl : public LinkUser {
 public:
  Impl(MemberConfig config, StateMachine& machine, MemberHooks hooks);
  ~Impl() override;

  // member.cc
  Status open();
  rt::Task<Status> run(rt::Stop& stop);
  void on_view(const wire::ViewUpdate& update);
  void on_hand_over(const wire::HandOver& order);
  void on_take_snapshot(wire::TakeSnapshot order);
  void fill(wire::StatusReport& report) const;
  Result<Lsn> append(std::string payload);
  void more_to_come(bool soon);
  bool serving() const;
  bool readable() const;
  GroupStatus status() const;
  Lsn commit_point() const { return machine_at_; }
  const Incarnation& incarnation() const { return log_->meta().incarnation; }
  rt::Address address() const { return links_->address(); }

 private:
  struct Incoming {  // a snapshot on its way to us
    Epoch epoch;
    uint64_t round = 0;
    StoredSnapshot snapshot;
    uint64_t bytes = 0;
  };

  struct Saving {
    StoredSnapshot so_far;
    std::unique_ptr<SnapshotSource> source;
  };

  struct Copy {  // ordered by a person
    wire::TakeSnapshot order;
    Nanos begin_by = 0;
    std::optional<Saving> saving;
    bool writing = false;  // the disk's thread has it
  };

  // LinkUser
  void link_up(const MemberRef& peer, Launch launch) override;
  void link_down(const NodeId& peer) override;
  void link_message(const NodeId& peer, Message message) override;
  void link_room(const NodeId& peer) override;
  void link_refused(const std::string& text) override;
  bool in_use() const override;

  // member.cc
  Status open_state();
  Status open_log();
  Status set_damage_aside(const std::string& what);
  Status open_links();
  void load_addresses();
  void update_peers();
  void on_tick();
  void event(std::string kind, std::string text);

  // member_pump.cc
  void feed(Event event);
  void answer(Event event) { answers_.push_back(std::move(event)); }
  void schedule();
  void pump();
  bool holding() const;
  void tell_lease(bool served, Epoch epoch);
  bool can_go_on() const;
  bool waits_for_machine(const Effect& effect) const;
  void lift_barrier();
  void log_failed(const std::string& reason);
  void give_up(const std::string& reason);
  void retire();
  void carry_out(PersistView& e);
  void carry_out(AppendLog& e);
  void carry_out(TruncateLog& e);
  void carry_out(SendMessage& e);
  void carry_out(SendRecords& e);
  void carry_out(SendSnapshot& e);
  void carry_out(InstallSnapshot& e);
  void carry_out(CommitPoint& e);
  void carry_out(ApplyUpTo& e);
  void carry_out(Rollback& e);
  void carry_out(RoleChanged& e);
  void carry_out(AckView& e);
  void carry_out(RequestView& e);
  void carry_out(Trace& e);
  void carry_out(Notice& e);
  void carry_out(Fail& e);

  // member_machine.cc
  Status restore_machine();
  Status install_now(const StoredSnapshot& stored);
  bool machine_lags() const { return machine_at_ < apply_to_; }
  void apply_some();
  Status apply_until(Nanos deadline);
  void rebuild(Lsn upto);
  void machine_stands_at(Lsn lsn);
  void consider_snapshot();
  void begin_snapshot();
  void read_snapshot_on();
  void trim_log();
  // True when the end was reached; kConflict: begin again.
  Result<bool> read_on(Saving& saving);

  // member_copies.cc
  void copy_some();
  bool begin_copy(Copy& copy);
  void write_copy(Copy& copy);
  void end_copy(const Status& done, const Mark& written, uint64_t bytes = 0);

  // member_transfer.cc
  rt::Task<void> send_from_files(SendRecords e);
  void send_slice(const SendRecords& e, const LogSlice& slice);
  void records_sent(const SendRecords& e, Lsn last, uint64_t bytes);
  Lsn needed_by_transfers();
  rt::Task<void> install(std::shared_ptr<StoredSnapshot> content);
  void take(const NodeId& from, SnapshotBegin& m);
  void take(const NodeId& from, SnapshotChunk& m);
  void take(const NodeId& from, const SnapshotEnd& m);

  MemberConfig config_;
  StateMachine& machine_;
  MemberHooks hooks_;

  std::unique_ptr<rt::Wakeup> wakeup_;  // of the log's threads; outlives the log
  std::unique_ptr<Log> log_;
  std::unique_ptr<Links> links_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<rt::Timer> ticker_;
  std::unique_ptr<rt::Timer> hold_timer_;
  rt::Nursery nursery_;
  rt::Wait over_;  // run() waits for its end

  std::deque<Effect> effects_;
  std::deque<Event> answers_;
  bool barrier_ = false;
  bool scheduled_ = false;
  bool hold_ = false;      // more is to come
  bool looking_ = false;   // whether more is there already
  bool appended_ = false;  // since the last pump
  uint64_t held_bytes_ = 0;
  Nanos held_since_ = 0;
  bool running_ = false;
  std::optional<std::string> failure_;
  bool retired_ = false;  // has said until when it served: it begins nothing any more

  // What has been carried out, other than what the core has decided already.
  View view_;  // persisted
  State state_ = State::kStarting;
  Role role_ = Role::kNone;
  Nanos lease_before_ = 0;  // the end of the lease before the last event, as primary
  Epoch served_epoch_;
  Lsn machine_at_;  // committed and executed by the state machine
  Lsn apply_to_;    // committed, to be applied

  std::vector<std::pair<std::string, std::string>> early_events_;  // until run()
  std::map<NodeId, rt::Address> addresses_;
  std::map<NodeId, std::deque<RecordsSent>> waiting_for_room_;
  std::map<NodeId, Incoming> incoming_;
  Nanos last_append_at_ = 0;
  std::map<NodeId, Lsn> transfers_;  // snapshots that were sent and are not caught up with yet
  std::optional<Saving> saving_;     // an own snapshot that is being read
  std::deque<Copy> copies_;          // ordered; the first is being made
  std::shared_ptr<StoredSnapshot> installing_;  // received whole, accepted by the core
  uint64_t ticks_ = 0;
  uint64_t bytes_since_snapshot_ = 0;
  uint64_t snapshot_bytes_ = 0;
  Nanos snapshot_not_before_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for deferred calls
};

}  // namespace multiaz::replication
