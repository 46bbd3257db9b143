#include "orchestrator/shell/groups.h"

#include <csignal>
#include <variant>

#include "base/core/log.h"

namespace multiaz::orchestrator {

using replication::ManagerEffect;

GroupShell::GroupShell(const Plan& plan, const PlannedGroup& group, Store& store,
                       GroupHandlers handlers)
    : plan_(plan), group_(group), store_(store), handlers_(std::move(handlers)) {
  for (const GroupMember& member : group.members) members_[member.id] = member.candidate;
}

Status GroupShell::start(Nanos now) {
  const auto text = store_.group_state(group_.name);
  if (!text) return text.error();
  replication::ManagerState stored;
  if (!text->empty()) {
    auto restored = replication::restore_manager_state(*text);
    if (!restored) return restored.error();
    stored = std::move(*restored);
  }
  replication::ManagerConfig config;
  config.group = group_.name;
  config.silence_ms = static_cast<uint32_t>(plan_.silence_ms);
  config.volatile_data = group_.durability == "memory";
  config.bug = replication::bug_from(plan_.bug).value_or(replication::Bug::kNone);
  config.members = planned_members();
  manager_ = std::make_unique<replication::Manager>(std::move(config), std::move(stored), now);
  return Status();
}

Status GroupShell::begin_again(Nanos now, const replication::View& view,
                               const std::map<std::string, uint64_t>& launches) {
  replication::ManagerState state;
  state.view = view;
  const Status stored = store_.set_group_state(group_.name, replication::describe(state));
  if (!stored) return stored;
  undone_.clear();
  incarnations_.clear();
  const Status started = start(now);
  if (!started) return started;
  for (const auto& [id, launch] : launches) {
    replication::MemberExited event;
    event.id = NodeId(id);
    event.launch = replication::Launch(launch);
    event.how = "ended for a restore";
    step(now, event);
  }
  handlers_.on_view_change();
  return Status();
}

std::vector<replication::PlannedMember> GroupShell::planned_members() const {
  std::vector<replication::PlannedMember> out;
  for (const GroupMember& member : group_.members) {
    out.push_back({NodeId(member.id), member.zone, member.candidate});
  }
  return out;
}

void GroupShell::members_changed(Nanos now) {
  members_.clear();
  for (const GroupMember& member : group_.members) members_[member.id] = member.candidate;
  replication::MembersChanged event;
  event.members = planned_members();
  step(now, event);
}

void GroupShell::on_status(Nanos now, const wire::StatusReport& report) {
  incarnations_[report.id] = report.incarnation;
  replication::MemberReport event;
  event.id = NodeId(report.id);
  event.launch = replication::Launch(report.launch);
  event.incarnation = Incarnation(report.incarnation);
  event.view = view_from(report);
  event.state = member_state_from(report);
  event.tail_epoch = Epoch(report.tail_epoch);
  event.tail = Lsn(report.tail);
  step(now, event);
}

void GroupShell::on_exit(Nanos now, const wire::Exited& exited) {
  replication::MemberExited event;
  event.id = NodeId(exited.id);
  event.launch = replication::Launch(exited.launch);
  event.how = how_it_ended(exited);
  step(now, event);
}

void GroupShell::on_view_ack(Nanos now, uint64_t launch, const wire::ViewAck& ack) {
  replication::ViewAcked event;
  event.id = NodeId(ack.id);
  event.launch = replication::Launch(launch);
  event.epoch = Epoch(ack.epoch);
  step(now, event);
}

void GroupShell::on_view_request(Nanos now, const std::string& from, uint64_t launch,
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
  step(now, event);
}

void GroupShell::tick(Nanos now) {
  step(now, replication::ManagerTick());
}

void GroupShell::step(Nanos now, const replication::ManagerEvent& event) {
  replication::ManagerEffects effects = manager_->step(now, event);
  for (ManagerEffect& effect : effects) undone_.push_back(std::move(effect));
  carry_out();
}

void GroupShell::carry_out() {
  while (!undone_.empty()) {
    if (!carry_out(undone_.front())) return;  // tried again at the next tick
    undone_.pop_front();
  }
}

bool GroupShell::carry_out(const ManagerEffect& effect) {
  if (const auto* persist = std::get_if<replication::PersistState>(&effect)) {
    const Status stored = store_.set_group_state(group_.name, persist->text);
    if (!stored && !disk_failed_) log::warn("a view is not saved: " + stored.error().text());
    disk_failed_ = !stored.ok();
    if (stored) handlers_.on_view_change();
    return stored.ok();
  }
  if (const auto* send = std::get_if<replication::SendView>(&effect)) {
    send_view(*send);
  } else if (const auto* order = std::get_if<replication::SendHandOver>(&effect)) {
    wire::HandOver message;
    message.group = group_.name;
    message.to = order->to.raw;
    handlers_.send(order->primary.raw, message);
  } else if (const auto* notice = std::get_if<replication::ManagerNotice>(&effect)) {
    Event event;
    event.source = "orchestrator";
    event.kind = notice->kind;
    event.target = notice->target.raw.empty() ? group_.name : notice->target.raw;
    event.text = notice->text;
    event.fields["group"] = group_.name;
    event.fields["epoch"] = std::to_string(view().epoch.raw);
    handlers_.event(std::move(event));
  } else if (const auto* answer = std::get_if<replication::Answer>(&effect)) {
    answer_ = *answer;
    answered_.notify_all();
  }
  return true;
}

void GroupShell::send_view(const replication::SendView& order) {
  const wire::ViewUpdate update =
      to_wire(plan_, group_.name, order.view, incarnations_, order.fenced);
  for (const NodeId& id : order.to) handlers_.send(id.raw, update);
}

rt::Task<Result<std::string>> GroupShell::fail_over(Nanos now, std::string to, bool force) {
  if (asking_) co_return Error(Code::kConflict, "a failover of " + group_.name + " is under way");
  asking_ = true;
  answer_.reset();
  replication::SwitchoverRequest orderly;
  replication::ForcePromote forced;
  orderly.to = forced.to = NodeId(std::move(to));
  if (force)
    step(now, forced);
  else
    step(now, orderly);
  if (!answer_) co_await answered_.wait(kSwitchoverMs);
  asking_ = false;
  if (!answer_) co_return Error(Code::kTimeout, "no failover within the time allowed");
  if (!answer_->ok) co_return Error(Code::kConflict, answer_->text);
  co_return answer_->text;
}

std::string how_it_ended(const wire::Exited& exited) {
  if (exited.signal == SIGKILL) return "killed by SIGKILL";
  if (exited.signal != 0) return "ended by signal " + std::to_string(exited.signal);
  return "ended with exit code " + std::to_string(exited.exit_code);
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
    info.address = instance->address;  // port 0: the replication port
    const auto incarnation = incarnations.find(member.id);
    if (incarnation != incarnations.end()) info.incarnation = incarnation->second;
    update.members.push_back(std::move(info));
  }
  return update;
}

}  // namespace multiaz::orchestrator
