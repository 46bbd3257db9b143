#include "orchestrator/asg/asg_orders.h"

#include <algorithm>
#include <csignal>
#include <utility>

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

constexpr size_t kNameBytesMax = 255;  // AWS's limit

Status check_name(const std::string& name, const char* what) {
  if (name.empty()) return Error(Code::kInvalid, std::string(what) + " needs a name");
  if (name.size() <= kNameBytesMax) return Status();
  return Error(Code::kInvalid, std::string("the name of ") + what + " has at most 255 bytes");
}

// The limit of each: policies, hooks and schedules. It is AWS's quota of the first two.
constexpr size_t kNamedMax = 50;

template <typename T>
Status check_room(const std::vector<T>& all) {
  return all.size() < kNamedMax ? Status()
                                : Error(Code::kLimit, "at most 50 of a kind are allowed");
}

}  // namespace

Status AsgOrders::put_policy(ScalingPolicy policy) {
  Status good = check_name(policy.name, "a policy");
  if (good) good = check_policy(policy);
  if (good) good = check_room(group_.settings.policies);
  if (!good) return good;
  put_named(group_.settings.policies, std::move(policy));
  return group_.save();
}
Status AsgOrders::delete_policy(const std::string& name) {
  const Status done = delete_named(group_.settings.policies, name, "policy");
  return done ? group_.save() : done;
}

Status AsgOrders::put_schedule(ScheduledAction action) {
  const Status named = check_name(action.name, "a scheduled action");
  if (!named) return named;
  if (!action.min && !action.desired && !action.max) {
    return Error(Code::kInvalid, action.name + ": it sets none of min, desired, max");
  }
  const Status room = check_room(group_.settings.scheduled);
  if (!room) return room;
  put_named(group_.settings.scheduled, std::move(action));
  return group_.save();
}
Status AsgOrders::delete_schedule(const std::string& name) {
  const Status done = delete_named(group_.settings.scheduled, name, "scheduled action");
  return done ? group_.save() : done;
}

Status AsgOrders::put_hook(LifecycleHook hook) {
  const Status named = check_name(hook.name, "a lifecycle hook");
  if (!named) return named;
  const Status room = check_room(group_.settings.hooks);
  if (!room) return room;
  put_named(group_.settings.hooks, std::move(hook));
  return group_.save();
}
Status AsgOrders::delete_hook(const std::string& name) {
  const Status done = delete_named(group_.settings.hooks, name, "lifecycle hook");
  return done ? group_.save() : done;
}

Status AsgOrders::find(const std::string& id) const {
  const auto found = c_.state.instances.find(id);
  if (found != c_.state.instances.end() && found->second.scaled.on) return Status();
  std::string known;
  for (const auto& [name, one] : c_.state.instances) {
    if (one.scaled.on) known += " " + name;
  }
  return Error(Code::kNotFound, "'" + id + "' is no instance of the group; these are:" + known);
}

Status AsgOrders::complete_hook(const std::string& id, bool proceed) {
  const Status known = find(id);
  if (!known) return known;
  Instance& one = c_.state.instances.at(id);
  if (one.scaled.hook_until == 0) {
    return Error(Code::kConflict,
                 id + " waits for no lifecycle action; it is " + group_.lifecycle_of(one));
  }
  group_.end_hook(one, proceed, "ordered");
  c_.topology_changed();
  return Status();
}

Status AsgOrders::suspend(const std::string& process, bool on) {
  const auto all = asg_processes();
  if (std::find(all.begin(), all.end(), process) == all.end()) {
    std::string allowed;
    for (const std::string_view one : all) allowed += " " + std::string(one);
    return Error(Code::kInvalid, "unknown process '" + process + "'; they are" + allowed);
  }
  if (on)
    group_.settings.suspended.insert(process);
  else
    group_.settings.suspended.erase(process);
  c_.state.suspended = group_.settings.suspended;
  c_.state.fleet_news = true;
  group_.note(on ? "suspend" : "resume", group_.planned().tier,
              process + (on ? " is suspended" : " goes on"), "");
  return group_.save();
}

Status AsgOrders::protect(const std::string& id, bool on) {
  const Status known = find(id);
  if (!known) return known;
  if (on)
    group_.settings.protected_.insert(id);
  else
    group_.settings.protected_.erase(id);
  return group_.save();
}

Status AsgOrders::set_standby(const std::string& id, bool on, bool decrement) {
  const Status known = find(id);
  if (!known) return known;
  Instance& one = c_.state.instances.at(id);
  if (one.scaled.standby == on) return Status();
  if (on && group_.lifecycle_of(one) != "InService") {
    return Error(Code::kConflict, id + " is " + group_.lifecycle_of(one) + ", not InService");
  }
  if (!on || decrement) {
    if (on && group_.planned().desired <= group_.planned().min) {
      return Error(Code::kConflict, "the desired capacity would go below the minimum of " +
                                        std::to_string(group_.planned().min));
    }
    Bounds bounds;
    bounds.desired = group_.planned().desired + (on ? -1 : 1);
    const Status done = group_.set_bounds(bounds, id + (on ? " enters" : " leaves") + " standby");
    if (!done) return done;
  }
  one.scaled.standby = on;
  one.scaled.in_service_at = 0;
  if (on)
    group_.settings.standby.insert(id);
  else
    group_.settings.standby.erase(id);
  group_.note(
      "standby", id,
      (on ? "Moving EC2 instance to Standby: " : "Moving EC2 instance out of Standby: ") + id,
      "ordered");
  c_.topology_changed();
  return group_.save();
}

Status AsgOrders::set_termination(TerminationPolicy policy) {
  group_.settings.termination = policy;
  return group_.save();
}

Status AsgOrders::terminate(const std::string& id, bool decrement) {
  const Status known = find(id);
  if (!known) return known;
  if (c_.state.instances.at(id).scaled.leaving.on) return Status();
  if (decrement) {
    if (group_.planned().desired <= group_.planned().min) {
      return Error(Code::kConflict, "terminating " + id + " would go below the minimum of " +
                                        std::to_string(group_.planned().min));
    }
    Bounds bounds;
    bounds.desired = group_.planned().desired - 1;
    const Status done = group_.set_bounds(bounds, "terminating " + id);
    if (!done) return done;
  }
  group_.note("terminate", id, "Terminating EC2 instance: " + id, "ordered");
  fleet_.begin_leaving(id, "ordered");
  return Status();
}

Status AsgOrders::set_health(const std::string& id, bool healthy) {
  const Status known = find(id);
  if (!known || healthy) return known;
  const Instance& one = c_.state.instances.at(id);
  if (!one.running() || one.dying) return Status();
  group_.note("kill", id, "Terminating EC2 instance: " + id, "set unhealthy by an order");
  c_.signal(id, SIGKILL, "set unhealthy");
  return Status();
}

}  // namespace multiaz::orchestrator
