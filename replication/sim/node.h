// One simulated member: a process that may run, be stopped or be dead, around a real Driver. Its
// disk, links, state, loop and clocks are simulated.
#pragma once

#include <functional>
#include <memory>

#include "replication/driver/driver.h"
#include "replication/sim/disk.h"
#include "replication/sim/node_control.h"
#include "replication/sim/node_disk.h"
#include "replication/sim/node_links.h"
#include "replication/sim/node_loop.h"
#include "replication/sim/node_machine.h"
#include "replication/sim/scheduler.h"
#include "replication/sim/settings.h"

namespace multiaz::replication::sim {

class World;

class Node {
 public:
  Node(World& world, uint32_t index);

  // The process's life.
  void boot();  // a new process; recovers from disk
  void kill();  // SIGKILL; the disk keeps what was written
  void power_cut();
  void pause() { loop_.pause(); }
  void resume() { loop_.resume(); }
  bool up() const { return driver_ != nullptr; }
  bool paused() const { return loop_.paused(); }

  // Events that reach the process; while it is stopped they wait.
  void deliver(Event event);
  void deliver(uint32_t from, LinkItem item);
  void request(Operation operation, Reply reply);
  void report();  // to the manager
  void later(Nanos delay, std::function<void()> work) { loop_.later(delay, std::move(work)); }

  void trim_log();
  Nanos local_now() const;
  const Core& core() const { return driver_->core(); }
  const Values& state() const { return machine_.state(); }
  NodeId id() const { return NodeId(member_name(index_)); }
  bool serves() const { return up() && driver_->serving(); }
  bool settled() const { return driver_->queue().settled(); }
  uint64_t digest() const;

  // The parts, for each other.
  World& world() { return world_; }
  Driver& driver() { return *driver_; }
  NodeDisk& disk_port() { return disk_port_; }
  NodeMachine& machine() { return machine_; }

  const uint32_t index_;
  Disk disk_;
  Launch launch_;

 private:
  World& world_;
  NodeDisk disk_port_;
  NodeLinks links_;
  NodeMachine machine_;
  NodeControl control_;
  NodeLoop loop_;
  std::unique_ptr<Driver> driver_;
};

}  // namespace multiaz::replication::sim
