#include "orchestrator/rds/groups.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/core/check.h"
#include "base/core/log.h"
#include "orchestrator/ec2/processes.h"

namespace multiaz::orchestrator {

using replication::ManagerEffect;

const PlannedGroup& Group::planned() const {
  const PlannedGroup* group = c_.state.plan.group(name_);
  CHECK_NOTE(group, "no group " + name_);
  return *group;
}

bool Group::has(const std::string& id) const {
  const auto& members = planned().members;
  return std::any_of(members.begin(), members.end(),
                     [&](const GroupMember& one) { return one.id == id; });
}

Status Group::start() {
  const auto text = c_.store.group_state(name_);
  if (!text) return text.error();
  replication::ManagerState stored;
  if (!text->empty()) {
    auto restored = replication::restore_manager_state(*text);
    if (!restored) return restored.error();
    stored = std::move(*restored);
  }
  replication::ManagerConfig config;
  config.group = name_;
  config.silence_ms = static_cast<uint32_t>(c_.state.plan.silence_ms);
  config.volatile_data = planned().durability == "memory";
  config.bug = replication::bug_from(c_.state.plan.bug).value_or(replication::Bug::kNone);
  config.members = planned_members();
  manager_ =
      std::make_unique<replication::Manager>(std::move(config), std::move(stored), c_.awake());
  c_.state.views[name_] = manager_->view();
  return Status();
}

Status Group::begin_again(const replication::View& view,
                          const std::map<std::string, uint64_t>& launches) {
  if (view.epoch <= this->view().epoch) {
    return Error(Code::kConflict, name_ + " is in epoch " + std::to_string(this->view().epoch.raw) +
                                      " already, the restored view is of epoch " +
                                      std::to_string(view.epoch.raw));
  }
  replication::ManagerState state;
  state.view = view;
  const Status stored = c_.store.set_group_state(name_, replication::describe(state));
  if (!stored) return stored;
  undone_.clear();
  incarnations_.clear();
  const Status started = start();
  if (!started) return started;
  for (const auto& [id, launch] : launches) {
    replication::MemberExited event;
    event.id = NodeId(id);
    event.launch = replication::Launch(launch);
    event.how = "ended for a restore";
    step(event);
  }
  c_.state.topology_dirty = true;
  c_.reconcile_later();
  return Status();
}

std::vector<replication::PlannedMember> Group::planned_members() const {
  std::vector<replication::PlannedMember> out;
  for (const GroupMember& member : planned().members) {
    out.push_back({NodeId(member.id), member.zone, member.candidate});
  }
  return out;
}

void Group::members_changed() {
  replication::MembersChanged event;
  event.members = planned_members();
  step(event);
}

void Group::on_status(const wire::StatusReport& report) {
  incarnations_[report.id] = report.incarnation;
  replication::MemberReport event;
  event.id = NodeId(report.id);
  event.launch = replication::Launch(report.launch);
  event.incarnation = Incarnation(report.incarnation);
  event.view = view_from(report);
  event.state = member_state_from(report);
  event.tail_epoch = Epoch(report.tail_epoch);
  event.tail = Lsn(report.tail);
  step(event);
}

void Group::on_exit(const wire::Exited& exited) {
  replication::MemberExited event;
  event.id = NodeId(exited.id);
  event.launch = replication::Launch(exited.launch);
  event.how = how_it_ended(exited);
  step(event);
}

void Group::on_view_ack(uint64_t launch, const wire::ViewAck& ack) {
  replication::ViewAcked event;
  event.id = NodeId(ack.id);
  event.launch = replication::Launch(launch);
  event.epoch = Epoch(ack.epoch);
  step(event);
}

void Group::on_view_request(const std::string& from, uint64_t launch,
                            const wire::ViewRequest& request) {
  using replication::Change;
  replication::ViewRequested event;
  event.from = NodeId(from);
  event.launch = replication::Launch(launch);
  event.request.base = Epoch(request.epoch);
  event.request.reason = request.reason;
  bool known = false;
  for (const Change change :
       {Change::kAdd, Change::kRemove, Change::kReplacePrimary, Change::kHandOver}) {
    if (request.change != to_string(change)) continue;
    event.request.change = change;
    known = true;
  }
  const wire::Names& named = request.add.empty() ? request.remove : request.add;
  if (!known || named.size() != 1) {
    log::warn(from + " asks for a view change that is not understood: '" + request.change + "'");
    return;
  }
  event.request.member.id = NodeId(named[0]);
  event.request.member.incarnation = Incarnation(request.incarnation);
  step(event);
}

void Group::tick() {
  step(replication::ManagerTick());
}

void Group::step(const replication::ManagerEvent& event) {
  replication::ManagerEffects effects = manager_->step(c_.awake(), event);
  for (ManagerEffect& effect : effects) undone_.push_back(std::move(effect));
  if (c_.state.mistake == Mistake::kTellsUnstored) c_.state.views[name_] = manager_->view();
  carry_out();
}

void Group::carry_out() {
  while (!undone_.empty()) {
    if (!carry_out(undone_.front())) return;  // the next tick tries again
    undone_.pop_front();
  }
  c_.state.views[name_] = manager_->view();  // it is stored now, so others may see it
}

bool Group::carry_out(const ManagerEffect& effect) {
  if (const auto* persist = std::get_if<replication::PersistState>(&effect)) {
    const Status stored = c_.store.set_group_state(name_, persist->text);
    if (!stored && !store_failed_) log::warn("a view is not saved: " + stored.error().text());
    store_failed_ = !stored.ok();
    if (!stored) return false;
    c_.state.topology_dirty = true;
    c_.reconcile_later();
  } else if (const auto* send = std::get_if<replication::SendView>(&effect)) {
    send_view(*send);
  } else if (const auto* order = std::get_if<replication::SendHandOver>(&effect)) {
    wire::HandOver message;
    message.group = name_;
    message.to = order->to.raw;
    c_.send(order->primary.raw, message);
  } else if (const auto* notice = std::get_if<replication::ManagerNotice>(&effect)) {
    Event event;
    event.source = "orchestrator";
    event.kind = notice->kind;
    event.target = notice->target.raw.empty() ? name_ : notice->target.raw;
    event.text = notice->text;
    event.fields["group"] = name_;
    event.fields["epoch"] = std::to_string(manager_->view().epoch.raw);
    c_.emit(LogEvent{std::move(event)});
  } else if (const auto* answer = std::get_if<replication::Answer>(&effect)) {
    c_.emit(SwitchoverAnswered{name_, answer->ok, answer->text});
  }
  return true;
}

void Group::send_view(const replication::SendView& order) {
  const wire::ViewUpdate update =
      to_wire(c_.state.plan, name_, order.view, incarnations_, order.fenced);
  for (const NodeId& id : order.to) c_.send(id.raw, update);
}

void Group::fail_over(const std::string& to, bool force) {
  replication::SwitchoverRequest orderly;
  replication::ForcePromote forced;
  orderly.to = forced.to = NodeId(to);
  if (force)
    step(forced);
  else
    step(orderly);
}

Status Groups::load() {
  for (const PlannedGroup& planned : c_.state.plan.groups) {
    auto group = std::make_unique<Group>(c_, planned.name);
    const Status started = group->start();
    if (!started) return started;
    groups_[planned.name] = std::move(group);
  }
  return Status();
}

void Groups::tick() {
  for (const auto& [name, group] : groups_) group->tick();
}

void Groups::exited(const wire::Exited& exited) {
  if (Group* group = of(exited.id)) group->on_exit(exited);
}

Group* Groups::named(const std::string& name) {
  const auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : found->second.get();
}

Group* Groups::of(const std::string& member) {
  for (const auto& [name, group] : groups_) {
    if (group->has(member)) return group.get();
  }
  return nullptr;
}

replication::State member_state_from(const wire::StatusReport& report) {
  using replication::State;
  for (const State state : {State::kStarting, State::kIdle, State::kLearner, State::kSecondary,
                            State::kActivating, State::kPrimary, State::kFailed}) {
    if (report.member_state == to_string(state)) return state;
  }
  return State::kStarting;
}

replication::View view_from(const wire::StatusReport& report) {
  if (report.view.empty()) return {};
  auto view = replication::restore_view(report.view);
  if (view) return *view;
  log::warn(report.id + " reports a view that cannot be read: " + view.error().text());
  return {};
}

wire::ViewUpdate to_wire(const Plan& plan, const std::string& group, const replication::View& view,
                         const std::map<std::string, std::string>& incarnations, bool fenced) {
  wire::ViewUpdate update;
  update.group = group;
  update.epoch = view.epoch.raw;
  update.primary = view.primary.raw;
  update.fenced = fenced;
  update.view = replication::describe(view);
  for (const replication::MemberRef& member : view.in_sync) update.in_sync.push_back(member.id.raw);
  for (const replication::LearnerRef& one : view.learners) update.learners.push_back(one.id.raw);
  const PlannedGroup* planned = plan.group(group);
  for (const GroupMember& member : planned->members) {
    const PlannedInstance* instance = plan.instance(member.id);
    if (!instance) continue;
    wire::MemberInfo info;
    info.id = member.id;
    info.address = instance->address;  // port 0 stands for the replication port
    const auto incarnation = incarnations.find(member.id);
    if (incarnation != incarnations.end()) info.incarnation = incarnation->second;
    update.members.push_back(std::move(info));
  }
  return update;
}

}  // namespace multiaz::orchestrator
