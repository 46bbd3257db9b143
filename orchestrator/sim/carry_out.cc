// Carries out the effects of the control plane on a simulated machine, in their order.
#include <variant>

#include "orchestrator/rds/snapshots.h"
#include "orchestrator/sim/world.h"

namespace multiaz::orchestrator::sim {

namespace {

void end_placing(World& world, SnapshotPlaced answer, bool whole) {
  Members& members = world.machine().members();
  members.mixed[answer.group] = !whole;
  if (!whole) answer.status = Error(Code::kIo, "no space left on device");
  for (const auto& [id, launch] : answer.launches) {
    if (!whole) break;
    MemberDisk& disk = members.disk(id);
    const replication::MemberRef* member = answer.view.in_sync_member(NodeId(id));
    disk.incarnation = member ? member->incarnation.raw : "r-" + id;
    disk.view = answer.view;
    disk.tail_epoch = 1;
    disk.tail = 10;
  }
  world.control().deliver(answer);
}

void place(World& world, const PlaceSnapshot& order) {
  world.machine().members().placing[order.group] = true;
  SnapshotPlaced answer;
  answer.group = order.group;
  answer.launches = order.members;
  std::map<std::string, std::string> incarnations;
  for (const auto& [id, launch] : order.members) {
    incarnations[id] = "r" + std::to_string(world.random().next() % 1'000'000'000);
  }
  answer.view = restored_view(*world.plan().group(order.group), Epoch(order.epoch), incarnations,
                              order.members);
  world.control().within_life(world.random().between(20, 400) * kMillisecond, [&world, answer] {
    world.machine().members().placing[answer.group] = false;
    end_placing(world, answer, !world.memory().refuses());
  });
}

}  // namespace

void carry_out(World& world, const ControlEffect& effect) {
  const State& state = world.control().plane()->state();
  Machine& machine = world.machine();
  Checks& checks = world.checks();
  if (const auto* e = std::get_if<LogEvent>(&effect)) {
    world.trace(e->event.target + " " + e->event.kind + ": " + e->event.text);
    checks.on(*e, state);
  } else if (const auto* e = std::get_if<SpawnProcess>(&effect)) {
    if (const PlannedInstance* planned = state.plan.instance(e->id)) {
      machine.spawn(*planned, e->launch);
    } else {
      world.violate("started-unplanned", e->id);
    }
  } else if (const auto* e = std::get_if<SignalProcess>(&effect)) {
    checks.on(*e);
    machine.signal(e->id, e->launch, e->signum);
  } else if (const auto* e = std::get_if<LookAtProcess>(&effect)) {
    const Process* process = machine.find(e->id);
    if (process && !process->stopped) world.control().found_running(e->id, e->launch);
  } else if (const auto* e = std::get_if<SendMessage>(&effect)) {
    checks.on(*e);
    machine.send(e->id, e->message);
  } else if (const auto* e = std::get_if<BroadcastTopology>(&effect)) {
    checks.on(*e);
    machine.broadcast(e->topology);
  } else if (const auto* e = std::get_if<DropConnection>(&effect)) {
    machine.drop(e->id);
  } else if (const auto* e = std::get_if<DeleteData>(&effect)) {
    if (machine.runs(e->id)) world.violate("orphan", e->id + " is forgotten while it runs");
    machine.members().forget(e->id);
  } else if (std::holds_alternative<StepLater>(effect)) {
    world.control().deliver_after(0, Due());
  } else if (const auto* e = std::get_if<PlaceSnapshot>(&effect)) {
    checks.on(*e);
    place(world, *e);
  }
}

}  // namespace multiaz::orchestrator::sim
