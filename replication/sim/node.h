// One simulated member: a process that may run, be stopped or be dead, around a real Core. It is
// the driver of the simulation: carries out effects in order, feeds the answers. As in the real
// driver, effects behind a view that is still on its way to the disk wait; events do not.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "replication/core/digest.h"
#include "replication/sim/disk.h"
#include "replication/sim/scheduler.h"
#include "replication/sim/settings.h"

namespace multiaz::replication::sim {

class World;

// What travels on a link between members. A snapshot's state rides beside its first message.
struct LinkItem {
  enum class Kind { kUp, kDown, kMessage } kind;
  uint64_t session = 0;
  Message message;
  std::shared_ptr<const Values> state;
};

// One request of a client, and what the member answered.
enum class Outcome { kOk, kDefinite, kInDoubt };
struct Operation {
  uint64_t id = 0;
  bool write = false;
  bool replica_read = false;
  uint64_t value = 0;  // of a write; unique
};
using Reply = std::function<void(Outcome, Lsn)>;

class Node {
 public:
  Node(World& world, uint32_t index);

  // life
  void boot();  // a new process; recovers from disk
  void kill();  // SIGKILL; the disk keeps what was written
  void power_cut();
  void pause() { paused_ = true; }
  void resume();
  bool up() const { return core_ != nullptr; }
  bool paused() const { return paused_; }

  // things that reach the process; kept until it runs when it is stopped
  void deliver(Event event);
  void deliver(uint32_t from, LinkItem item);
  void request(Operation operation, Reply reply);
  void fail_next_sync() { fail_sync_ = true; }
  void slow_disk(Nanos extra) { disk_extra_ = extra; }
  void trim_log();
  void report();  // to the manager

  Nanos local_now() const;
  const Core& core() const { return *core_; }
  const Values& state() const { return state_; }
  NodeId id() const { return NodeId(member_name(index_)); }
  // Takes part as the serving primary: the core says so, and nothing that says otherwise waits.
  bool leads() const;
  bool serves() const { return leads() && core_->may_serve(local_now()); }
  bool behind_barrier() const { return barrier_; }
  uint64_t digest() const;

  const uint32_t index_;
  Disk disk_;
  Launch launch_;

 private:
  struct Waiting {
    Lsn lsn;
    Operation operation;
    Reply reply;
  };

  void run(std::string_view what, std::function<void()> work);
  void handle(Event event);
  void pump();
  void carry_out();
  void perform(PersistView& e);
  void perform(AppendLog& e);
  void perform(TruncateLog& e);
  void perform(SendMessage& e);
  void perform(SendRecords& e);
  void perform(SendSnapshot& e);
  void perform(InstallSnapshot& e);
  void perform(CommitPoint& e);
  void perform(ApplyUpTo& e);
  void perform(Rollback& e);
  void perform(RoleChanged& e);
  void perform(AckView& e);
  void perform(RequestView& e);
  void perform(Trace& e);
  void perform(Notice& e);
  void perform(Fail& e);
  void start_write();
  void write_finished(uint64_t generation, Lsn lsn);
  void start_sync();
  void sync_finished(uint64_t generation, Lsn lsn);
  void answer_waiting(Lsn commit);
  void do_request(const Operation& operation, const Reply& reply);
  void receive(uint32_t from, LinkItem& item);
  void lose_role();
  void later(Nanos delay, std::function<void()> work);  // in this process; forgotten with it

  World& world_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<Core> finished_;  // ended while its step was carried out
  State covered_state_ = State::kStarting;
  Values state_;    // executed, perhaps beyond the commit point
  Lsn read_floor_;  // as a follower it shows readers this at least
  bool paused_ = false;
  std::deque<std::function<void()>> inbox_;
  Digest inbox_digest_;  // of what waits there
  std::deque<Event> events_;
  std::deque<Effect> effects_;
  bool barrier_ = false;     // a view is being stored
  bool is_primary_ = false;  // by the last RoleChanged that was carried out
  bool handling_ = false;
  std::vector<Scheduler::Ticket> tickets_;  // of what the process has still to do
  uint64_t life_ = 0;  // counts boots and kills: work of a former process is dropped
  std::map<uint32_t, uint64_t> sessions_;
  std::deque<Waiting> waiting_;
  std::shared_ptr<const Values> staged_;  // of a received snapshot
  uint64_t log_generation_ = 0;           // counts truncations
  bool writing_ = false;
  bool syncing_ = false;
  bool fail_sync_ = false;
  Nanos disk_extra_ = 0;
};

}  // namespace multiaz::replication::sim
