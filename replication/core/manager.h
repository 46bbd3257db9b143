// The configuration manager of one replication group (replication.md), as a pure object: events go
// in, effects come out, in order. Only it makes views. The orchestrator has one for each group.
#pragma once

#include <memory>

#include "replication/core/manager_events.h"

namespace multiaz::replication {

class Manager {
 public:
  // `stored` is the result of restore_manager_state, or a default ManagerState on the very first
  // start.
  Manager(ManagerConfig config, ManagerState stored, Nanos now);
  ~Manager();
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  ManagerEffects step(Nanos now, const ManagerEvent& event);

  const View& view() const { return state().view; }
  const ManagerState& state() const;
  // True while the process of `id` reports: it may be chosen as primary if it is in sync.
  bool alive(const NodeId& id) const;
  uint64_t digest() const;  // equal digests: the same future (digest.h)

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiaz::replication
