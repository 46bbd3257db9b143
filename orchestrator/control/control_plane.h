// The control plane as one pure object: events in, effects out, in order. It owns the plan, the
// instances, the configuration managers of the replication groups, Auto Scaling, zones, faults and
// restores. It has no clock, socket, file or random number inside, and what it stores is durable
// before step() returns (state_store.h). shell/cluster.h carries its effects out; sim/ simulates
// all of it.
#pragma once

#include "orchestrator/asg/asg_orders.h"
#include "orchestrator/asg/autoscaling.h"
#include "orchestrator/control/context.h"
#include "orchestrator/ec2/processes.h"
#include "orchestrator/ec2/reports.h"
#include "orchestrator/faults/disturbances.h"
#include "orchestrator/rds/members.h"
#include "orchestrator/rds/restores.h"
#include "orchestrator/zones/zones.h"

namespace multiaz::orchestrator {

class ControlPlane {
 public:
  // `plan` is the stored one. At first no instance is known to run.
  ControlPlane(Plan plan, std::string cluster_id, StateStore& store, Moment start,
               Mistake mistake = Mistake::kNone);
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;
  // Loads what earlier orchestrators have stored. To be called before the first step. kCorrupt,
  // kIo.
  Status load();

  ControlEffects step(Moment now, const ControlEvent& event);

  [[nodiscard]] const State& state() const { return context.state; }
  // Fails on impossible states, after each step: an instance that is not in the plan, two
  // primaries, ...
  void check_invariant() const;

  // The services. Orders call them within a step (Ordered).
  Context context;
  Groups groups;
  Fleet fleet;
  Processes processes;
  Reports reports;
  Zones zones;
  Disturbances faults;
  Members members;
  Restores restores;
  AsgGroup group;
  Refreshes refreshes;
  AsgOrders asg;
  AutoScaling autoscaling;

 private:
  void take(const Adopt& event);
  void take(const Tick& event);
  void take(const Due& event);
  void take(const Exited& event);
  void take(const HelloSaid& event);
  void take(const MessageSaid& event);
  void take(const Spawned& event);
  void take(const FoundRunning& event);
  void take(const PortsSeen& event);
  void take(const SnapshotPlaced& event);
  void take(const Ordered& event);

  Nanos pauses_told_ = 0;
};

}  // namespace multiaz::orchestrator
