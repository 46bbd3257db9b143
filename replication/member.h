// Member: the Group of a real daemon. It owns the core (decides), the log (keeps) and the links to
// the other members (carries), and drives the daemon's StateMachine.
//
//   daemon start   auto member = Member::open(config, machine, hooks);  // replays the log on disk
//                  nursery.spawn("group", run_group(**member, stop));   // Status s = co_await
//                  run()
//   control plane  AgentHandlers: on_view -> member.on_view, on_hand_over -> member.on_hand_over,
//                  status -> member.fill(report); hooks.request_view -> agent.request_view, ...
//
// Loop thread only. Only run() suspends: events go in, and a pump carries out the core's effects in
// order at the end of the loop's turn, so that a turn full of appends is one write to the log and
// one batch to each follower.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/core/result.h"
#include "base/rt/address.h"
#include "base/rt/stop.h"
#include "base/rt/task.h"
#include "base/wire/control_types.h"
#include "replication/core/types.h"
#include "replication/group.h"

namespace multiaz::replication {

class Storage;  // log/storage.h

constexpr uint16_t kReplicationPort = 7946;

struct MemberConfig {
  std::string group;     // "cache" or "db"; views of other groups are ignored
  std::string cluster;   // MULTIAZ_CLUSTER
  std::string key_hex;   // MULTIAZ_KEY, 64 hex digits
  NodeId id;             // "cache-a1"
  Launch launch;         // --launch; grows with every start of this instance
  rt::Address address;   // own; port 0 = any free one, otherwise normally kReplicationPort
  std::string data_dir;  // created when missing; "" = everything stays in memory
  Durability durability = Durability::kOs;
  uint32_t min_in_sync = 1;
  Timings timings;
  Bug bug = Bug::kNone;
  // A folder with damaged bytes is renamed to "<data_dir>.damaged-<time>" and the member starts
  // empty, as a learner with a fresh incarnation. This is for daemons with a control plane and
  // peers; a standalone daemon must refuse to start instead.
  bool set_damage_aside = false;
  Storage* storage = nullptr;         // for tests; null = the file system
  uint64_t snapshot_after_bytes = 0;  // 0 = kSnapshotAfterLogBytes
};

// "fast": the defaults of Timings. "aws": seconds instead of milliseconds. Otherwise kInvalid.
Result<Timings> timings_for(std::string_view profile);

// A member's calls to the control plane. Any may be empty; all are called on the loop.
struct MemberHooks {
  std::function<bool(const wire::ViewRequest&)> request_view;  // the core asks again by itself
  std::function<bool(const wire::ViewAck&)> ack_view;
  std::function<bool(const wire::SnapshotTaken&)> snapshot_taken;
  std::function<void(std::string kind, std::string text)> event;
  std::function<void()> report;  // the status changed: report out of turn
};

class Member : public Group {
 public:
  // Opens the data folder, gives the machine its state (snapshot, then the log as far as it is
  // known to be committed) and binds the replication port. It blocks, so call it before serving.
  // kCorrupt names file and offset (see set_damage_aside); kConflict: another process uses the
  // folder; kInvalid; kIo.
  static Result<std::unique_ptr<Member>> open(MemberConfig config, StateMachine& machine,
                                              MemberHooks hooks);
  ~Member() override;  // REQUIRES: run() has returned or was never called

  // Runs links, timers and disk. It returns OK after `stop`, and an error when the storage failed
  // or the core gave up: the daemon must then exit with a code other than 0 (rule 11).
  rt::Task<Status> run(rt::Stop& stop);

  // From the configuration manager. It needs `view` (text of describe(View)) and, for every member,
  // its replication address in `members` (port 0 = kReplicationPort).
  void on_view(const wire::ViewUpdate& update);
  void on_hand_over(const wire::HandOver& order);
  // Makes a copy of the committed state while the group goes on. hooks.snapshot_taken answers once.
  void on_take_snapshot(wire::TakeSnapshot order);

  // Fills in the group's part of a StatusReport: role, epoch, tail, commit, serving, lease,
  // incarnation, peers, view, member_state, tail_epoch; counters with prefix "log_".
  void fill(wire::StatusReport& report) const;

  // The incarnation of the data in the folder; a fresh one when that was empty. It is for the
  // agent's hello.
  const Incarnation& incarnation() const;
  rt::Address address() const;  // with the port that was bound

  // Group
  Result<Lsn> append(std::string payload) override;
  void more_to_come(bool soon) override;
  bool serving() const override;
  bool readable() const override;
  Lsn commit_point() const override;
  GroupStatus status() const override;

 private:
  class Impl;
  explicit Member(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiaz::replication
