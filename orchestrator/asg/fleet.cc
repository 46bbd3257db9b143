#include "orchestrator/asg/fleet.h"

#include <csignal>
#include <utility>

#include "base/core/check.h"
#include "base/core/log.h"

namespace multiaz::orchestrator {

Status Fleet::add(PlannedInstance planned) {
  Plan& plan = c_.state.plan;
  const std::string id = planned.id;
  CHECK_NOTE(!plan.instance(id), id + " is in the plan already");
  // It stands next to its tier, so that lists stay in order.
  auto place = plan.instances.end();
  for (auto at = plan.instances.begin(); at != plan.instances.end(); ++at) {
    if (at->tier == planned.tier) place = at + 1;
  }
  const auto index = place - plan.instances.begin();
  plan.instances.insert(place, planned);
  const Status saved = c_.save_plan();
  if (!saved) {
    plan.instances.erase(plan.instances.begin() + index);
    return saved;
  }
  // The launch numbers of a name that was used before go on.
  Instance one = fresh(planned);
  const auto launches = c_.state.launches.find(id);
  const bool known = launches != c_.state.launches.end();
  if (known && c_.state.mistake != Mistake::kForgetsLaunches) one.launch = launches->second;
  c_.state.instances[id] = std::move(one);
  c_.topology_changed();
  return Status();
}

Status Fleet::set_asg(PlannedAsg asg) {
  std::swap(c_.state.plan.asg, asg);
  const Status saved = c_.save_plan();
  if (!saved) std::swap(c_.state.plan.asg, asg);
  c_.state.fleet_news = true;
  return saved;
}

void Fleet::pause_tier(const std::string& tier, bool on) {
  if (on)
    c_.state.paused.insert(tier);
  else
    c_.state.paused.erase(tier);
  for (auto& [id, one] : c_.state.instances) {
    if (one.tier == tier && !one.running()) one.next_start_at = 0;
  }
  c_.reconcile_later();
}

void Fleet::forget(const std::string& id) {
  CHECK_NOTE(!c_.state.instances.at(id).running(), id + " runs and would be an orphan");
  std::erase_if(c_.state.plan.instances, [&](const PlannedInstance& one) { return one.id == id; });
  const Status saved = c_.save_plan();
  if (!saved) log::warn("the plan is not saved: " + saved.error().text());
  c_.event("orchestrator", "terminated", id, "Terminated");
  c_.emit(DeleteData{id});  // an instance that gets this name again starts without data
  c_.state.instances.erase(id);
  c_.state.reports.erase(id);
  c_.state.reported_at.erase(id);
  c_.topology_changed();
}

void Fleet::begin_leaving(const std::string& id, const std::string& why) {
  Instance& one = c_.state.instances.at(id);
  if (one.scaled.leaving.on) return;
  Leaving& leaving = one.scaled.leaving;
  leaving.on = true;
  leaving.why = why;
  leaving.since = c_.awake();
  one.scaled.hook_until = 0;
  c_.push_topology();  // at once, because the wait for the load balancers begins here
  leaving.drained_by = c_.state.topology_version;
  c_.state.fleet_news = true;
}

bool Fleet::balancers_know(uint64_t version) const {
  for (const auto& [id, one] : c_.state.instances) {
    if (one.tier != "lb" || !one.running() || one.stopped || one.silent) continue;
    const wire::StatusReport* report = c_.state.report(id);
    if (!report || report->topology_version < version) return false;
  }
  return true;
}

void Fleet::advance_leaving(const LifecycleHook* hook) {
  std::vector<std::string> over;
  for (auto& [id, one] : c_.state.instances) {
    if (!one.scaled.leaving.on) continue;
    if (one.running())
      advance(one, hook);
    else
      over.push_back(id);
  }
  for (const std::string& id : over) forget(id);
}

// The steps are: deregister, wait until no load balancer sends it requests, wait for the hook,
// SIGTERM (it finishes the requests in flight), and SIGKILL when the deregistration delay is over.
void Fleet::advance(Instance& one, const LifecycleHook* hook) {
  const Nanos now = c_.awake();
  Leaving& leaving = one.scaled.leaving;
  if (leaving.signalled_at) {
    const uint64_t waited_ms = (now - leaving.signalled_at) / kMillisecond;
    if (waited_ms >= c_.state.plan.asg.deregistration_ms && !one.dying) {
      c_.signal(one.id, SIGKILL, "the deregistration delay is over");
    }
    return;
  }
  const bool served = one.state == InstanceState::kReady && !one.stopped && !one.silent;
  const bool late = now - leaving.since >= kBalancersToldMsMax * kMillisecond;
  if (served && !late && !balancers_know(leaving.drained_by)) return;
  if (served && hook && !leaving.hook_done && await_hook(one, *hook)) return;
  one.scaled.hook_until = 0;
  leaving.signalled_at = now;
  // An instance that hangs or never served has no requests to finish.
  c_.signal(one.id, served ? SIGTERM : SIGKILL, "leaving: " + leaving.why);
}

// Begins or continues Terminating:Wait. False: it is over.
bool Fleet::await_hook(Instance& one, const LifecycleHook& hook) {
  const Nanos now = c_.awake();
  if (one.scaled.hook_until == 0) {
    one.scaled.hook_until = now + hook.heartbeat_ms * kMillisecond;
    c_.event("autoscaling", "lifecycle", one.id,
             "Terminating:Wait: EC2 Instance-terminate Lifecycle Action " + hook.name);
  }
  if (now < one.scaled.hook_until) return true;
  one.scaled.leaving.hook_done = true;
  return false;
}

}  // namespace multiaz::orchestrator
