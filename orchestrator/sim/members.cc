#include "orchestrator/sim/members.h"

#include <algorithm>

#include "orchestrator/sim/world.h"
#include "replication/core/effects.h"

namespace multiaz::orchestrator::sim {

namespace {

constexpr Nanos kFencedWait = 10 * kMillisecond;
constexpr Nanos kLeaseWait = 750 * kMillisecond;
constexpr Nanos kRemoveAfter = 1500 * kMillisecond;

bool leads(const Process& process, const replication::View& view) {
  return view.epoch.raw > 0 && view.primary.raw == process.id && view.launch.raw == process.launch;
}

}  // namespace

void Members::started(const std::string& id) {
  MemberDisk& disk = disks_[id];
  if (disk.incarnation.empty()) disk.incarnation = "i" + std::to_string(++last_incarnation_);
}

bool Members::up(const std::string& id) {
  const Process* process = world_.machine().find(id);
  return process && process->alive && !process->stopped && process->ready;
}

void Members::hear(Process& process, const wire::ViewUpdate& update) {
  const auto view = replication::restore_view(update.view);
  if (!view) return world_.violate("unreadable-view", update.view);
  MemberDisk& disk = disks_[process.id];
  if (view->epoch < disk.view.epoch) return;
  const Nanos wait = update.fenced ? kFencedWait : kLeaseWait;
  if (view->epoch > disk.view.epoch) {
    process.member.serving = false;
    process.member.serve_at = world_.now() + wait;
  } else if (update.fenced) {
    process.member.serve_at = std::min(process.member.serve_at, world_.now() + wait);
  }
  disk.view = *view;
  wire::ViewAck ack;
  ack.group = update.group;
  ack.id = process.id;
  ack.epoch = view->epoch.raw;
  world_.machine().say(process, ack);
}

void Members::hear(Process& process, const wire::HandOver& order) {
  if (process.member.serving && up(order.to)) {
    request(process, std::string(to_string(replication::Change::kHandOver)), order.to);
  }
}

void Members::request(Process& process, const std::string& change, const std::string& member) {
  wire::ViewRequest request;
  request.group = process.tier;
  request.epoch = disks_[process.id].view.epoch.raw;
  request.change = change;
  request.reason = "asked for by its primary";
  if (change == to_string(replication::Change::kRemove))
    request.remove = {member};
  else
    request.add = {member};
  request.incarnation = disks_[member].incarnation;
  world_.machine().say(process, request);
}

void Members::ask(Process& process) {
  const MemberDisk& mine = disks_[process.id];
  const replication::View view = mine.view;
  for (const replication::LearnerRef& learner : view.learners) {
    MemberDisk& its = disks_[learner.id.raw];
    if (!learner.candidate || !up(learner.id.raw) || its.view.epoch != view.epoch) continue;
    its.tail = mine.tail;
    its.tail_epoch = mine.tail_epoch;
    return request(process, std::string(to_string(replication::Change::kAdd)), learner.id.raw);
  }
  for (const replication::MemberRef& member : view.in_sync) {
    const Process* other = world_.machine().find(member.id.raw);
    if (member.id.raw == process.id || up(member.id.raw) || !other) continue;
    if (world_.now() - other->changed_at < kRemoveAfter) continue;
    return request(process, std::string(to_string(replication::Change::kRemove)), member.id.raw);
  }
}

void Members::report(Process& process, wire::StatusReport& into) {
  MemberDisk& disk = disks_[process.id];
  const bool leader = leads(process, disk.view);
  if (!leader) process.member.serving = false;
  if (leader && !process.member.serving && world_.now() >= process.member.serve_at) {
    process.member.serving = true;
  }
  if (process.member.serving) {
    ++disk.tail;
    disk.tail_epoch = disk.view.epoch.raw;
    for (const replication::MemberRef& member : disk.view.in_sync) {
      if (!up(member.id.raw)) continue;
      disks_[member.id.raw].tail = disk.tail;
      disks_[member.id.raw].tail_epoch = disk.tail_epoch;
    }
    ask(process);
  }
  const bool in_sync = disk.view.in_sync_member(NodeId(process.id)) != nullptr;
  using replication::State;
  State state = State::kLearner;
  if (disk.view.epoch.raw == 0) state = State::kIdle;
  if (in_sync) state = State::kSecondary;
  if (leader) state = process.member.serving ? State::kPrimary : State::kActivating;
  into.role = leader ? "primary" : in_sync ? "secondary" : "learner";
  into.serving = process.member.serving;
  into.epoch = disk.view.epoch.raw;
  into.tail = disk.tail;
  into.tail_epoch = disk.tail_epoch;
  into.incarnation = disk.incarnation;
  into.view = disk.view.epoch.raw == 0 ? "" : replication::describe(disk.view);
  into.member_state = to_string(state);
  for (const PlannedInstance& planned : world_.plan().instances) {
    if (planned.tier != process.tier || planned.id == process.id) continue;
    const bool theirs = disk.view.in_sync_member(NodeId(planned.id)) != nullptr;
    into.peers.push_back({planned.id, theirs, up(planned.id), disk.tail, 0});
  }
}

}  // namespace multiaz::orchestrator::sim
