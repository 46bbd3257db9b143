#include "orchestrator/asg/autoscaling.h"

#include <algorithm>

#include "orchestrator/asg/cron.h"

namespace multiaz::orchestrator {

AutoScaling::AutoScaling(Context& context, Fleet& fleet, AsgGroup& group, Refreshes& refreshes)
    : c_(context),
      fleet_(fleet),
      group_(group),
      refreshes_(refreshes),
      measured_(context, group),
      scaling_(scaling_times(context.state.plan.profile)) {}

void AutoScaling::tick() {
  fleet_.advance_leaving(group_.hook(false));
  if (!c_.state.fleet_news && ++ticks_rested_ < kTicksAtRest) return;
  c_.state.fleet_news = false;
  ticks_rested_ = 0;
  enter_service();
  run_schedules();
  scale();
  refreshes_.look();
  reach_capacity();
}

// An instance counts as capacity from the moment when it is ready, its launch hook is over and the
// load balancers find it healthy.
void AutoScaling::enter_service() {
  for (auto& [id, one] : c_.state.instances) {
    if (!one.scaled.on || one.scaled.in_service_at || one.scaled.leaving.on) continue;
    if (one.state != InstanceState::kReady || one.scaled.standby) continue;
    if (!one.scaled.launch_hook_done) {
      if (!launch_hook_over(one)) continue;
      c_.topology_changed();
    }
    if (!one.scaled.well || group_.suspended("AddToLoadBalancer")) continue;
    one.scaled.in_service_at = c_.awake();
    c_.event("autoscaling", "in-service", id,
             "InService, version " + std::to_string(one.scaled.version));
  }
}

// Begins, continues or ends Pending:Wait. False: it goes on, or the launch was abandoned.
bool AutoScaling::launch_hook_over(Instance& one) {
  const LifecycleHook* hook = group_.hook(true);
  if (!hook) {
    one.scaled.launch_hook_done = true;
    return true;
  }
  const Nanos now = c_.awake();
  if (one.scaled.hook_until == 0) {
    one.scaled.hook_until = now + hook->heartbeat_ms * kMillisecond;
    c_.event("autoscaling", "lifecycle", one.id,
             "Pending:Wait: EC2 Instance-launch Lifecycle Action " + hook->name);
    return false;
  }
  if (now < one.scaled.hook_until) return false;
  group_.end_hook(one, hook->continue_by_default, "its time is over");
  return !one.scaled.leaving.on;
}

void AutoScaling::run_schedules() {
  std::vector<ScheduledAction>& scheduled = group_.settings.scheduled;
  if (scheduled.empty() || group_.suspended("ScheduledActions")) return;
  const int64_t now_ms = c_.now.wall_ms;
  for (size_t i = 0; i < scheduled.size(); ++i) {
    if (scheduled[i].at_ms > now_ms) continue;
    const ScheduledAction due = scheduled[i];
    const auto cron = parse_cron(due.cron);
    const auto next = cron ? next_time(*cron, now_ms) : std::nullopt;
    if (next) {
      scheduled[i].at_ms = *next;
    } else if (due.every_ms == 0) {
      scheduled.erase(scheduled.begin() + static_cast<int64_t>(i--));
    } else {
      const auto every = static_cast<int64_t>(std::min<uint64_t>(due.every_ms, kSpanMsMax));
      scheduled[i].at_ms += ((now_ms - due.at_ms) / every + 1) * every;
    }
    (void)group_.save();
    const std::string cause = "scheduled action " + due.name;
    const Status done = group_.set_bounds({due.min, due.desired, due.max}, cause);
    if (!done) {
      group_.note("schedule-failed", group_.planned().tier, cause, done.error().detail);
    }
  }
}

void AutoScaling::scale() {
  const Nanos now = c_.awake();
  if (now < next_period_) return;
  next_period_ = now + scaling_.times().period_ms * kMillisecond;
  metrics_ = measured_.measure();
  if (group_.suspended("AlarmNotification")) return;
  const PlannedAsg& group = group_.planned();
  const auto decision =
      scaling_.period(now, metrics_, group_.settings.policies, group.desired, group.min, group.max);
  if (!decision) return;
  Bounds bounds;
  bounds.desired = decision->desired;
  (void)group_.set_bounds(bounds, "policy " + decision->policy + ": " + decision->reason);
}

bool AutoScaling::open(const std::string& zone) const {
  if (c_.state.holds.contains(zone)) return false;
  return !c_.state.shifts.contains(zone) || c_.state.mistake == Mistake::kShiftedZoneLaunch;
}

CapacityView AutoScaling::view() const {
  const AsgState& settings = group_.settings;
  CapacityView view;
  view.desired = group_.planned().desired;
  view.suspended = settings.suspended;
  view.policy = settings.termination;
  view.version = settings.version;
  view.renewal.under_way = settings.refresh.under_way();
  view.renewal.min_healthy_percent = settings.refresh.min_healthy_percent;
  view.renewal.max_healthy_percent = settings.refresh.max_healthy_percent;
  for (const std::string& zone : c_.state.plan.zones) {
    if (c_.state.holds.contains(zone)) view.lost.insert(zone);
    if (open(zone)) view.zones.push_back(zone);
  }
  for (const auto& [id, one] : c_.state.instances) {
    if (one.scaled.on && !one.scaled.standby) view.members.push_back(group_.member_of(one));
  }
  return view;
}

void AutoScaling::reach_capacity() {
  for (const CapacityAction& action : plan_capacity(view())) {
    if (action.kind == CapacityAction::Kind::kTerminate) {
      group_.note("terminate", action.id, "Terminating EC2 instance: " + action.id, action.reason);
      fleet_.begin_leaving(action.id, action.reason);
    } else if (c_.awake() >= launch_after_) {
      launch(action);
    }
  }
}

// Launches in that zone, or in the next one that has room (balanced-best-effort).
void AutoScaling::launch(const CapacityAction& action) {
  const Plan& plan = c_.state.plan;
  const auto wanted = std::find(plan.zones.begin(), plan.zones.end(), action.zone);
  const auto first = static_cast<size_t>(wanted - plan.zones.begin());
  Status failed;
  for (size_t i = 0; i < plan.zones.size(); ++i) {
    const size_t zone = (first + i) % plan.zones.size();
    if (!open(plan.zones[zone])) continue;
    auto one = next_instance(plan, zone, group_.settings.version);
    if (!one) {
      failed = one.error();
      continue;
    }
    const std::string id = one->id;
    const Status added = fleet_.add(std::move(*one));
    if (!added) {
      failed = added;
      break;
    }
    group_.note("launch", id, "Launching a new EC2 instance: " + id, action.reason);
    return;
  }
  launch_after_ = c_.awake() + kLaunchRetryMs * kMillisecond;
  group_.note("launch-failed", group_.planned().tier, "Launching a new EC2 instance failed",
              failed.ok() ? "no zone is open" : failed.error().detail);
}

}  // namespace multiaz::orchestrator
