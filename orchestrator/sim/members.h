// Members of db and cache as the configuration manager sees them. The real core is simulated in
// replication/sim; here a member takes views, serves, and asks for changes when it should.
#pragma once

#include <map>
#include <string>

#include "base/wire/control.h"
#include "replication/core/types.h"

namespace multiaz::orchestrator::sim {

class World;
struct Process;

struct MemberLife {  // the state of one process
  bool serving = false;
  Nanos serve_at = 0;
};

struct MemberDisk {
  std::string incarnation;
  replication::View view;
  uint64_t tail_epoch = 0, tail = 0;
};

class Members {
 public:
  explicit Members(World& world) : world_(world) {}
  void started(const std::string& id);
  void hear(Process& process, const wire::ViewUpdate& update);
  void hear(Process& process, const wire::HandOver& order);
  // Lets the member serve, copy and ask for what it needs; then fills in its status.
  void report(Process& process, wire::StatusReport& into);
  MemberDisk& disk(const std::string& id) { return disks_[id]; }
  void forget(const std::string& id) { disks_.erase(id); }

  // By group: data folders are being replaced; some were replaced and others were not.
  std::map<std::string, bool> placing, mixed;

 private:
  bool up(const std::string& id);
  void ask(Process& process);
  void request(Process& process, const std::string& change, const std::string& member);

  World& world_;
  std::map<std::string, MemberDisk> disks_;
  uint64_t last_incarnation_ = 0;
};

}  // namespace multiaz::orchestrator::sim
