// The simulated world: members, the links between them, the control plane, clients, and their
// faults. It is deterministic: the same Settings and the same calls give the same trace.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "replication/sim/checker.h"
#include "replication/sim/clients.h"
#include "replication/sim/control.h"
#include "replication/sim/fate.h"
#include "replication/sim/instances.h"
#include "replication/sim/journal.h"
#include "replication/sim/network.h"

namespace multiaz::replication::sim {

class World {
 public:
  explicit World(Settings settings);

  // Time.
  Nanos now() const { return scheduler_.now(); }
  void run_for(Nanos duration);  // stops early when a check failed
  bool run_until(const std::function<bool()>& condition, Nanos limit);  // looks every ms

  // The parts, each with its faults.
  Scheduler& scheduler() { return scheduler_; }
  Fate& fate() { return fate_; }
  Checker& checker() { return checker_; }
  Instances& instances() { return instances_; }
  Network& network() { return network_; }
  Control& control() { return control_; }
  const Control& control() const { return control_; }
  Clients& clients() { return clients_; }
  const Journal& journal() const { return journal_; }
  const Settings& settings() const { return settings_; }
  void hold_faults(Nanos duration) { quiet_until_ = now() + duration; }  // a fault asks for this
  Nanos quiet_until() const { return quiet_until_; }
  void heal();  // ends every cut and delay; starts what is down, continues what is stopped

  // State.
  uint32_t size() const { return settings_.candidates + settings_.replicas; }
  Node& node(uint32_t member) const { return instances_.node(member); }
  uint32_t index_of(const NodeId& id) const { return static_cast<uint32_t>(id.raw[0] - 'a'); }
  bool serving() const;  // the newest view's primary takes writes
  bool settled() const;  // every member has its role, logs are equal, everything is applied

  // Exploration of all orders of a few events (explore.h).
  bool exploring() const { return scheduler_.choosing(); }
  // A hash of everything that the future depends on: equal values, the same future.
  uint64_t fingerprint() const;
  void happened(uint64_t event) { happened_ ^= (event + 1) * 0x9e3779b97f4a7c15; }  // in a story
  void when_next_view(std::function<void()> action) { on_view_.push_back(std::move(action)); }
  void view_stored();

  // Record.
  void trace(const std::string& who, const std::string& text) { journal_.trace(now(), who, text); }
  void cover(const std::string& what) { journal_.cover(what); }

 private:
  void every(Nanos period, std::function<void()> action);

  Settings settings_;
  Scheduler scheduler_;
  Fate fate_;
  Journal journal_;
  Checker checker_;
  Instances instances_;
  Network network_;
  Nanos quiet_until_ = 0;
  std::vector<std::function<void()>> on_view_;
  uint64_t happened_ = 0;
  Control control_;
  Clients clients_;
};

}  // namespace multiaz::replication::sim
