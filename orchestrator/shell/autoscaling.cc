#include "orchestrator/shell/autoscaling.h"

#include <algorithm>
#include <csignal>

#include "base/core/log.h"
#include "orchestrator/asg/cron.h"

namespace multiaz::orchestrator {

namespace {

constexpr uint64_t kFastStartMs = 10'000;
constexpr uint64_t kAwsStartMs = 600'000;

bool fast(const Plan& plan) {
  return plan.profile == "fast";
}

}  // namespace

AutoScaling::AutoScaling(Cluster& cluster, Store& store)
    : cluster_(cluster), store_(store), scaling_(scaling_times(cluster.plan().profile)) {}

Status AutoScaling::load() {
  const auto text = store_.meta("asg");
  if (!text) return text.error();
  if (text->empty()) {
    state_ = first_asg_state(planned());
  } else {
    auto stored = asg_from_json(*text);
    if (!stored) return stored.error();
    state_ = std::move(*stored);
  }
  cluster_.set_suspended(state_.suspended);
  std::erase_if(state_.standby, [&](const auto& id) { return !cluster_.instances().contains(id); });
  for (const std::string& id : state_.standby) cluster_.change(id).scaled.standby = true;
  return Status();
}

Status AutoScaling::save() {
  const Status saved = store_.set_meta("asg", asg_to_json(state_));
  if (!saved) log::warn("the auto scaling group is not saved: " + saved.error().text());
  return saved;
}

void AutoScaling::note(const std::string& kind, const std::string& target,
                       const std::string& description, const std::string& cause) {
  cluster_.event("autoscaling", kind, target, description + (cause.empty() ? "" : ": " + cause));
  activities_.push_front({wall_text(wall_now_ms()), description, cause});
  if (activities_.size() > kActivitiesKept) activities_.pop_back();
}

void AutoScaling::tick() {
  cluster_.advance_leaving(has_hook(false) ? state_.hooks : std::vector<LifecycleHook>());
  if (!cluster_.take_fleet_news() && ++ticks_rested_ < kTicksAtRest) return;
  ticks_rested_ = 0;
  enter_service();
  run_schedules();
  scale();
  look_at_refresh();
  reach_capacity();
}

bool AutoScaling::has_hook(bool launching) const {
  return std::any_of(state_.hooks.begin(), state_.hooks.end(),
                     [&](const LifecycleHook& one) { return one.launching == launching; });
}

std::string AutoScaling::lifecycle_of(const Instance& one) const {
  if (one.scaled.leaving.on) return one.scaled.hook_until ? "Terminating:Wait" : "Terminating";
  if (one.scaled.standby) return "Standby";
  if (one.scaled.hook_until) return "Pending:Wait";
  return one.scaled.in_service_at ? "InService" : "Pending";
}

// Ready, out of its launch hook and well for the load balancers: from now on it counts.
void AutoScaling::enter_service() {
  const Nanos now = cluster_.awake_now();
  for (const auto& [id, seen] : cluster_.instances()) {
    if (!seen.scaled.on || seen.scaled.in_service_at || seen.scaled.leaving.on) continue;
    if (seen.state != InstanceState::kReady || seen.scaled.standby) continue;
    Instance& one = cluster_.change(id);
    if (!one.scaled.launch_hook_done) {
      const auto hook = std::find_if(state_.hooks.begin(), state_.hooks.end(),
                                     [](const LifecycleHook& each) { return each.launching; });
      if (hook == state_.hooks.end()) {
        one.scaled.launch_hook_done = true;
      } else if (one.scaled.hook_until == 0) {
        one.scaled.hook_until = now + hook->heartbeat_ms * kMillisecond;
        cluster_.event("autoscaling", "lifecycle", id,
                       "Pending:Wait: EC2 Instance-launch Lifecycle Action " + hook->name);
        continue;
      } else if (now >= one.scaled.hook_until) {
        end_hook(one, hook->continue_by_default, "its time is over");
        if (one.scaled.leaving.on) continue;
      } else {
        continue;
      }
      cluster_.topology_changed();
    }
    if (!one.scaled.well || state_.suspended.contains("AddToLoadBalancer")) continue;
    one.scaled.in_service_at = now;
    cluster_.event("autoscaling", "in-service", id,
                   "InService, version " + std::to_string(one.scaled.version));
  }
}

void AutoScaling::end_hook(Instance& one, bool proceed, const std::string& who) {
  one.scaled.hook_until = 0;
  cluster_.event("autoscaling", "lifecycle", one.id,
                 std::string(proceed ? "CONTINUE" : "ABANDON") + ": " + who);
  if (one.scaled.leaving.on) {
    one.scaled.leaving.hook_done = true;
    return;
  }
  one.scaled.launch_hook_done = true;
  if (!proceed) cluster_.begin_leaving(one.id, "its launch was abandoned");
}

CapacityMember AutoScaling::member_of(const Instance& one, Nanos now) const {
  CapacityMember out;
  out.id = one.id;
  out.zone = one.zone;
  out.running = one.running();
  out.in_service =
      one.scaled.in_service_at != 0 && one.scaled.well && !one.silent && !one.stopped && !one.dying;
  out.warm = out.in_service && now - one.scaled.in_service_at >= planned().warmup_ms * kMillisecond;
  out.leaving = one.scaled.leaving.on;
  out.is_protected = state_.protected_.contains(one.id);
  out.version = one.scaled.version;
  out.launched_at = one.scaled.launched_at;
  return out;
}

std::vector<RefreshFacts> AutoScaling::facts(Nanos now) const {
  std::vector<RefreshFacts> out;
  for (const auto& [id, one] : cluster_.instances()) {
    if (!one.scaled.on || one.scaled.standby) continue;
    RefreshFacts each;
    each.member = member_of(one, now);
    each.deaths = one.scaled.deaths;
    each.pending_ms = (now - one.scaled.launched_at) / kMillisecond;
    if (one.scaled.hook_until) each.pending_ms = 0;  // somebody else is to act
    each.has_served = one.scaled.in_service_at != 0;
    // Who is still starting is given the grace period, too.
    const Nanos since = std::max(one.scaled.in_service_at, one.scaled.launched_at);
    if (now - since >= planned().grace_ms * kMillisecond) {
      each.unhealthy = one.scaled.unhealthy;
    }
    each.requests = one.scaled.requests;
    each.errors_5xx = one.scaled.errors_5xx;
    out.push_back(std::move(each));
  }
  return out;
}

int64_t AutoScaling::refresh_percent() const {
  return percent_complete(state_.refresh, facts(cluster_.awake_now()));
}

void AutoScaling::look_at_refresh() {
  if (!state_.refresh.under_way()) return;
  RefreshLimits limits;
  limits.start_ms = fast(cluster_.plan()) ? kFastStartMs : kAwsStartMs;
  const Refresh next =
      orchestrator::look_at_refresh(state_.refresh, facts(cluster_.awake_now()), limits);
  if (next.status == state_.refresh.status) {
    state_.refresh = next;
    return;
  }
  state_.refresh = next;
  if (!next.under_way()) state_.refresh.ended = wall_text(wall_now_ms());
  if (next.status == RefreshStatus::kRollbackInProgress) state_.version = next.to;
  if (next.status == RefreshStatus::kFailed) state_.version = next.from;
  (void)save();
  note("refresh", planned().tier,
       "instance refresh " + std::to_string(next.number) + " is " +
           std::string(to_string(next.status)),
       next.reason);
}

void AutoScaling::reach_capacity() {
  const Nanos now = cluster_.awake_now();
  CapacityView view;
  view.desired = planned().desired;
  view.suspended = state_.suspended;
  view.policy = state_.termination;
  view.version = state_.version;
  view.renewal.under_way = state_.refresh.under_way();
  view.renewal.min_healthy_percent = state_.refresh.min_healthy_percent;
  view.renewal.max_healthy_percent = state_.refresh.max_healthy_percent;
  for (const std::string& zone : cluster_.plan().zones) {
    if (cluster_.zone_holds().contains(zone)) {
      view.lost.insert(zone);
    } else if (!cluster_.zone_shifted(zone)) {
      view.zones.push_back(zone);
    }
  }
  for (const auto& [id, one] : cluster_.instances()) {
    if (one.scaled.on && !one.scaled.standby) view.members.push_back(member_of(one, now));
  }
  for (const CapacityAction& action : plan_capacity(view)) {
    if (action.kind == CapacityAction::Kind::kTerminate) {
      note("terminate", action.id, "Terminating EC2 instance: " + action.id, action.reason);
      cluster_.begin_leaving(action.id, action.reason);
    } else if (now >= launch_after_) {
      launch(action);
    }
  }
}

// In that zone, or in the next one that has room (balanced-best-effort).
void AutoScaling::launch(const CapacityAction& action) {
  const Plan& plan = cluster_.plan();
  const auto wanted = std::find(plan.zones.begin(), plan.zones.end(), action.zone);
  const auto first = static_cast<size_t>(wanted - plan.zones.begin());
  Status failed;
  for (size_t i = 0; i < plan.zones.size(); ++i) {
    const size_t zone = (first + i) % plan.zones.size();
    if (cluster_.zone_holds().contains(plan.zones[zone]) ||
        cluster_.zone_shifted(plan.zones[zone])) {
      continue;
    }
    auto one = next_instance(plan, zone, state_.version);
    if (!one) {
      failed = one.error();
      continue;
    }
    const std::string id = one->id;
    const Status added = cluster_.add_instance(std::move(*one));
    if (!added) {
      failed = added;
      break;
    }
    note("launch", id, "Launching a new EC2 instance: " + id, action.reason);
    return;
  }
  launch_after_ = cluster_.awake_now() + kLaunchRetryMs * kMillisecond;
  note("launch-failed", planned().tier, "Launching a new EC2 instance failed",
       failed.ok() ? "no zone is open" : failed.error().detail);
}

void AutoScaling::run_schedules() {
  if (state_.scheduled.empty() || state_.suspended.contains("ScheduledActions")) return;
  const auto now_ms = static_cast<int64_t>(wall_now_ms());
  for (size_t i = 0; i < state_.scheduled.size(); ++i) {
    if (state_.scheduled[i].at_ms > now_ms) continue;
    const ScheduledAction due = state_.scheduled[i];
    const auto cron = parse_cron(due.cron);
    const auto next = cron ? next_time(*cron, now_ms) : std::nullopt;
    if (next) {
      state_.scheduled[i].at_ms = *next;
    } else if (due.every_ms == 0) {
      state_.scheduled.erase(state_.scheduled.begin() + static_cast<int64_t>(i--));
    } else {
      const auto every = static_cast<int64_t>(std::min<uint64_t>(due.every_ms, kSpanMsMax));
      state_.scheduled[i].at_ms += ((now_ms - due.at_ms) / every + 1) * every;
    }
    (void)save();
    const Status done = set_bounds({due.min, due.desired, due.max}, "scheduled action " + due.name);
    if (!done)
      note("schedule-failed", planned().tier, "scheduled action " + due.name, done.error().detail);
  }
}

void AutoScaling::scale() {
  const Nanos now = cluster_.awake_now();
  if (now < next_period_) return;
  next_period_ = now + scaling_.times().period_ms * kMillisecond;
  metrics_ = measure();
  if (state_.suspended.contains("AlarmNotification")) return;
  const PlannedAsg& group = planned();
  const auto decision =
      scaling_.period(now, metrics_, state_.policies, group.desired, group.min, group.max);
  if (!decision) return;
  Bounds bounds;
  bounds.desired = decision->desired;
  (void)set_bounds(bounds, "policy " + decision->policy + ": " + decision->reason);
}

// Of a counter of its last report, a second; nothing before the second reading.
std::optional<double> AutoScaling::rate_of(const std::string& id, const char* counter) {
  const wire::StatusReport* report = cluster_.report(id);
  if (!report) return std::nullopt;
  const auto found = report->counters.find(counter);
  const Nanos at = cluster_.reported_at(id);
  if (found == report->counters.end() || at == 0) return std::nullopt;
  Counted& last = counted_[id];
  const Counted before = last;
  last = {report->launch, found->second, at};
  if (before.launch != report->launch || before.value > found->second || at <= before.at) {
    return std::nullopt;
  }
  return static_cast<double>(found->second - before.value) * 1e9 /
         static_cast<double>(at - before.at);
}

ScalingMetrics AutoScaling::measure() {
  ScalingMetrics out;
  const Nanos now = cluster_.awake_now();
  double cpu = 0, requests = 0;
  int64_t measured = 0;
  bool any_lb = false;
  for (const auto& [id, one] : cluster_.instances()) {
    if (one.tier == "lb") {
      const auto rate = rate_of(id, "requests");
      if (rate) requests += *rate;
      any_lb = any_lb || rate.has_value();
    }
    if (!one.scaled.on || one.scaled.leaving.on || one.scaled.standby) continue;
    const auto used = rate_of(id, "cpu_us");
    if (!member_of(one, now).warm) {
      ++out.warming;
      continue;
    }
    ++out.warm;
    if (!used) continue;
    cpu += *used / 1e4;  // microseconds a second, as percent
    ++measured;
  }
  std::erase_if(counted_,
                [&](const auto& each) { return !cluster_.instances().contains(each.first); });
  if (measured > 0) out.cpu_percent = cpu / static_cast<double>(measured);
  if (any_lb) out.requests_per_s = requests;
  return out;
}

}  // namespace multiaz::orchestrator
