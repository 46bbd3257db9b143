// One simulated member: a process that may run, be stopped or be dead, around a real Driver with a
// disk, links, a state and clocks that are made up. As in a daemon, what happens is a turn of the
// loop, and effects are carried out at its end; turn_delay lets several events share one.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "replication/driver/driver.h"
#include "replication/sim/disk.h"
#include "replication/sim/node_disk.h"
#include "replication/sim/node_links.h"
#include "replication/sim/node_machine.h"
#include "replication/sim/scheduler.h"
#include "replication/sim/settings.h"

namespace multiaz::replication::sim {

class World;

class Node : private ControlPort, private Clock, private Watcher {
 public:
  Node(World& world, uint32_t index);
  ~Node() override = default;

  // life
  void boot();  // a new process; recovers from disk
  void kill();  // SIGKILL; the disk keeps what was written
  void power_cut();
  void pause() { paused_ = true; }
  void resume();
  bool up() const { return driver_ != nullptr; }
  bool paused() const { return paused_; }

  // things that reach the process; kept until it runs when it is stopped
  void deliver(Event event);
  void deliver(uint32_t from, LinkItem item);
  void request(Operation operation, Reply reply);
  void report();  // to the manager
  void later(Nanos delay, std::function<void()> work);  // in this process; forgotten with it

  void trim_log();
  Nanos local_now() const;
  const Core& core() const { return driver_->core(); }
  const Values& state() const { return machine_.state(); }
  NodeId id() const { return NodeId(member_name(index_)); }
  bool serves() const { return up() && driver_->serving(); }
  bool settled() const { return driver_->queue().settled(); }
  uint64_t digest() const;

  // the parts, for each other
  World& world() { return world_; }
  Driver& driver() { return *driver_; }
  NodeDisk& disk_port() { return disk_port_; }
  NodeMachine& machine() { return machine_; }

  const uint32_t index_;
  Disk disk_;
  Launch launch_;

 private:
  // ports
  void role_changed(const RoleChanged& change, Nanos last_lease) override;
  void retired(Nanos) override {}
  void ack_view(Epoch epoch) override;
  void request_view(const RequestView& request) override;
  void notice(const Notice& notice) override;
  void trace(const std::string& text) override;
  void failed(const std::string& reason) override;
  Nanos now() const override { return local_now(); }
  void wake() override { turn_due_ = true; }
  void stepping(const Event& event) override;
  void stepped(State before) override;
  bool before(const Effect& effect) override;

  void run(std::string_view what, std::function<void()> work);
  void act(const std::function<void()>& work);
  void end_turn();
  void pump();

  World& world_;
  NodeDisk disk_port_;
  NodeLinks links_;
  NodeMachine machine_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<Driver> finished_;  // ended while it was at work
  State covered_state_ = State::kStarting;
  bool paused_ = false;
  std::deque<std::function<void()>> inbox_;
  Digest inbox_digest_;  // of what waits there
  bool acting_ = false;
  bool turn_due_ = false;
  bool turn_ends_later_ = false;
  std::vector<Scheduler::Ticket> tickets_;  // of what the process has still to do
  uint64_t life_ = 0;  // counts boots and kills: work of a former process is dropped
};

}  // namespace multiaz::replication::sim
