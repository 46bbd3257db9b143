// What people and policies may order of the Auto Scaling group.
#include <algorithm>
#include <csignal>

#include "orchestrator/shell/autoscaling.h"

namespace multiaz::orchestrator {

namespace {

template <typename T>
void put_named(std::vector<T>& all, T one) {
  const auto same =
      std::find_if(all.begin(), all.end(), [&](const T& each) { return each.name == one.name; });
  if (same == all.end())
    all.push_back(std::move(one));
  else
    *same = std::move(one);
}

template <typename T>
Status delete_named(std::vector<T>& all, const std::string& name, const char* what) {
  if (std::erase_if(all, [&](const T& each) { return each.name == name; }) > 0) return Status();
  std::string known;
  for (const T& each : all) known += " " + each.name;
  return Error(Code::kNotFound, std::string("there is no ") + what + " '" + name +
                                    "'; there are:" + (known.empty() ? " none" : known));
}

constexpr size_t kNameBytesMax = 255;  // as AWS has it

Status check_name(const std::string& name, const char* what) {
  if (name.empty()) return Error(Code::kInvalid, std::string(what) + " needs a name");
  if (name.size() <= kNameBytesMax) return Status();
  return Error(Code::kInvalid, std::string("the name of ") + what + " has at most 255 bytes");
}

constexpr size_t kNamedMax = 50;  // policies, hooks, schedules: AWS's quota of the first two

template <typename T>
Status check_room(const std::vector<T>& all) {
  return all.size() < kNamedMax ? Status() : Error(Code::kLimit, "50 are the most");
}

}  // namespace

Status AutoScaling::set_bounds(const Bounds& bounds, const std::string& cause) {
  const PlannedAsg& now = planned();
  const int64_t min = bounds.min.value_or(now.min);
  const int64_t max = bounds.max.value_or(now.max);
  // As in AWS, new bounds take the desired capacity with them unless it is given.
  const int64_t desired =
      bounds.desired.value_or(min <= max ? std::clamp(now.desired, min, max) : now.desired);
  const auto fits = kWebPerZoneMax * static_cast<int64_t>(cluster_.plan().zones.size());
  const Status good = check_capacity(min, desired, max, fits);
  if (!good) return good;
  const int64_t before = now.desired;
  PlannedAsg changed = now;
  changed.min = min;
  changed.desired = desired;
  changed.max = max;
  const Status saved = cluster_.set_asg(std::move(changed));
  if (!saved) return saved;
  if (desired != before) {
    note("capacity", planned().tier,
         "desired capacity " + std::to_string(before) + " -> " + std::to_string(desired), cause);
  }
  return Status();
}

Status AutoScaling::put_policy(ScalingPolicy policy) {
  Status good = check_name(policy.name, "a policy");
  if (good) good = check_policy(policy);
  if (good) good = check_room(state_.policies);
  if (!good) return good;
  put_named(state_.policies, std::move(policy));
  return save();
}
Status AutoScaling::delete_policy(const std::string& name) {
  const Status done = delete_named(state_.policies, name, "policy");
  return done ? save() : done;
}

Status AutoScaling::put_schedule(ScheduledAction action) {
  const Status named = check_name(action.name, "a scheduled action");
  if (!named) return named;
  if (!action.min && !action.desired && !action.max) {
    return Error(Code::kInvalid, action.name + ": it sets none of min, desired, max");
  }
  const Status room = check_room(state_.scheduled);
  if (!room) return room;
  put_named(state_.scheduled, std::move(action));
  return save();
}
Status AutoScaling::delete_schedule(const std::string& name) {
  const Status done = delete_named(state_.scheduled, name, "scheduled action");
  return done ? save() : done;
}

Status AutoScaling::put_hook(LifecycleHook hook) {
  const Status named = check_name(hook.name, "a lifecycle hook");
  if (!named) return named;
  const Status room = check_room(state_.hooks);
  if (!room) return room;
  put_named(state_.hooks, std::move(hook));
  return save();
}
Status AutoScaling::delete_hook(const std::string& name) {
  const Status done = delete_named(state_.hooks, name, "lifecycle hook");
  return done ? save() : done;
}

Status AutoScaling::find(const std::string& id) const {
  const auto found = cluster_.instances().find(id);
  if (found != cluster_.instances().end() && found->second.scaled.on) return Status();
  std::string known;
  for (const auto& [name, one] : cluster_.instances()) {
    if (one.scaled.on) known += " " + name;
  }
  return Error(Code::kNotFound, "'" + id + "' is no instance of the group; these are:" + known);
}

Status AutoScaling::complete_hook(const std::string& id, bool proceed) {
  const Status known = find(id);
  if (!known) return known;
  Instance& one = cluster_.change(id);
  if (one.scaled.hook_until == 0) {
    return Error(Code::kConflict,
                 id + " waits for no lifecycle action; it is " + lifecycle_of(one));
  }
  end_hook(one, proceed, "ordered");
  cluster_.topology_changed();
  return Status();
}

Status AutoScaling::suspend(const std::string& process, bool on) {
  const auto all = asg_processes();
  if (std::find(all.begin(), all.end(), process) == all.end()) {
    std::string allowed;
    for (const std::string_view one : all) allowed += " " + std::string(one);
    return Error(Code::kInvalid, "unknown process '" + process + "'; they are" + allowed);
  }
  if (on)
    state_.suspended.insert(process);
  else
    state_.suspended.erase(process);
  cluster_.set_suspended(state_.suspended);
  note(on ? "suspend" : "resume", planned().tier, process + (on ? " is suspended" : " goes on"),
       "");
  return save();
}

Status AutoScaling::protect(const std::string& id, bool on) {
  const Status known = find(id);
  if (!known) return known;
  if (on)
    state_.protected_.insert(id);
  else
    state_.protected_.erase(id);
  return save();
}

Status AutoScaling::set_standby(const std::string& id, bool on, bool decrement) {
  const Status known = find(id);
  if (!known) return known;
  Instance& one = cluster_.change(id);
  if (one.scaled.standby == on) return Status();
  if (on && lifecycle_of(one) != "InService") {
    return Error(Code::kConflict, id + " is " + lifecycle_of(one) + ", not InService");
  }
  if (!on || decrement) {
    if (on && planned().desired <= planned().min) {
      return Error(Code::kConflict, "the desired capacity would go below the minimum of " +
                                        std::to_string(planned().min));
    }
    Bounds bounds;
    bounds.desired = planned().desired + (on ? -1 : 1);
    const Status done = set_bounds(bounds, id + (on ? " enters" : " leaves") + " standby");
    if (!done) return done;
  }
  one.scaled.standby = on;
  one.scaled.in_service_at = 0;
  if (on)
    state_.standby.insert(id);
  else
    state_.standby.erase(id);
  note("standby", id,
       (on ? "Moving EC2 instance to Standby: " : "Moving EC2 instance out of Standby: ") + id,
       "ordered");
  cluster_.topology_changed();
  return save();
}

Status AutoScaling::set_termination(TerminationPolicy policy) {
  state_.termination = policy;
  return save();
}

Status AutoScaling::terminate(const std::string& id, bool decrement) {
  const Status known = find(id);
  if (!known) return known;
  if (cluster_.instances().at(id).scaled.leaving.on) return Status();
  if (decrement) {
    if (planned().desired <= planned().min) {
      return Error(Code::kConflict, "terminating " + id + " would go below the minimum of " +
                                        std::to_string(planned().min));
    }
    Bounds bounds;
    bounds.desired = planned().desired - 1;
    const Status done = set_bounds(bounds, "terminating " + id);
    if (!done) return done;
  }
  note("terminate", id, "Terminating EC2 instance: " + id, "ordered");
  cluster_.begin_leaving(id, "ordered");
  return Status();
}

// A custom health check. Whoever is called unhealthy is replaced at once.
Status AutoScaling::set_health(const std::string& id, bool healthy) {
  const Status known = find(id);
  if (!known || healthy) return known;
  const Instance& one = cluster_.instances().at(id);
  if (!one.running() || one.dying) return Status();
  note("kill", id, "Terminating EC2 instance: " + id, "set unhealthy by an order");
  cluster_.send_signal(id, SIGKILL, "set unhealthy");
  return Status();
}

void AutoScaling::start_refresh(uint64_t to, const Deployment& how) {
  Refresh& refresh = state_.refresh;
  refresh.number += 1;
  refresh.status = RefreshStatus::kInProgress;
  refresh.reason.clear();
  refresh.from = state_.version;
  refresh.to = to;
  refresh.min_healthy_percent = how.min_healthy_percent;
  refresh.max_healthy_percent = how.max_healthy_percent;
  refresh.auto_rollback = how.auto_rollback;
  refresh.started = wall_text(wall_now_ms());
  refresh.ended.clear();
  state_.version = to;
  note("refresh", planned().tier,
       "instance refresh " + std::to_string(refresh.number) + " is InProgress",
       "version " + std::to_string(refresh.from) + " -> " + std::to_string(to));
}

Result<uint64_t> AutoScaling::deploy(const Deployment& deployment) {
  if (state_.refresh.under_way()) {
    return Error(Code::kConflict,
                 "InstanceRefreshInProgress: " + std::string(to_string(state_.refresh.status)));
  }
  const int64_t low = deployment.min_healthy_percent, high = deployment.max_healthy_percent;
  if (low < 0 || low > 100 || high < 100 || high > 200 || high - low > 100) {
    return Error(Code::kInvalid,
                 "min_healthy_percent lies in 0-100 and max_healthy_percent in 100-200, at most "
                 "100 apart");
  }
  PlannedAsg group = planned();
  const LaunchTemplate* current = group.launch_template(state_.version);
  if (!current) {
    return Error(Code::kConflict, "the stored plan has no version " +
                                      std::to_string(state_.version) + " to begin from");
  }
  LaunchTemplate next = *current;
  for (const LaunchTemplate& one : group.templates)
    next.version = std::max(next.version, one.version);
  ++next.version;
  if (deployment.program) next.program = *deployment.program;
  next.flags.insert(next.flags.end(), deployment.flags.begin(), deployment.flags.end());
  for (const auto& [name, value] : deployment.env) {
    if (value)
      next.env[name] = *value;
    else
      next.env.erase(name);
  }
  // Kept: what runs, what may be rolled back to, and the new one.
  std::erase_if(group.templates, [&](const LaunchTemplate& one) {
    return one.version != state_.version &&
           std::none_of(
               cluster_.instances().begin(), cluster_.instances().end(),
               [&](const auto& each) { return each.second.scaled.version == one.version; });
  });
  group.templates.push_back(next);
  const Status planned_now = cluster_.set_asg(std::move(group));
  if (!planned_now) return planned_now.error();
  start_refresh(next.version, deployment);
  const Status saved = save();
  if (!saved) return saved.error();
  return next.version;
}

Status AutoScaling::cancel_refresh() {
  if (!state_.refresh.under_way()) return Error(Code::kConflict, "ActiveInstanceRefreshNotFound");
  state_.refresh.status = RefreshStatus::kCancelled;
  state_.refresh.ended = wall_text(wall_now_ms());
  note("refresh", planned().tier,
       "instance refresh " + std::to_string(state_.refresh.number) + " is Cancelled", "ordered");
  return save();
}

Status AutoScaling::roll_back() {
  Refresh& refresh = state_.refresh;
  if (refresh.status != RefreshStatus::kInProgress) {
    return Error(Code::kConflict, "ActiveInstanceRefreshNotFound");
  }
  std::swap(refresh.from, refresh.to);
  refresh.status = RefreshStatus::kRollbackInProgress;
  refresh.reason = "ordered";
  state_.version = refresh.to;
  note("refresh", planned().tier,
       "instance refresh " + std::to_string(refresh.number) + " is RollbackInProgress", "ordered");
  return save();
}

}  // namespace multiaz::orchestrator
