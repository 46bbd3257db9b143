#include "orchestrator/asg/asg_group.h"

#include <algorithm>

#include "base/core/log.h"

namespace multiaz::orchestrator {

Status AsgGroup::load() {
  const auto text = c_.store.meta("asg");
  if (!text) return text.error();
  if (text->empty()) {
    settings = first_asg_state(planned());
  } else {
    auto stored = asg_from_json(*text);
    if (!stored) return stored.error();
    settings = std::move(*stored);
  }
  c_.state.suspended = settings.suspended;
  c_.state.fleet_news = true;
  auto& instances = c_.state.instances;
  std::erase_if(settings.standby, [&](const auto& id) { return !instances.contains(id); });
  for (const std::string& id : settings.standby) instances.at(id).scaled.standby = true;
  return Status();
}

Status AsgGroup::save() {
  const Status saved = c_.store.set_meta("asg", asg_to_json(settings));
  if (!saved) log::warn("the auto scaling group is not saved: " + saved.error().text());
  return saved;
}

void AsgGroup::note(const std::string& kind, const std::string& target,
                    const std::string& description, const std::string& cause) {
  c_.event("autoscaling", kind, target, description + (cause.empty() ? "" : ": " + cause));
  activities_.push_front({wall_text(c_.now.wall_ms), description, cause});
  if (activities_.size() > kActivitiesKept) activities_.pop_back();
}

Status AsgGroup::set_bounds(const Bounds& bounds, const std::string& cause) {
  const PlannedAsg& now = planned();
  const int64_t min = bounds.min.value_or(now.min);
  const int64_t max = bounds.max.value_or(now.max);
  const int64_t desired =
      bounds.desired.value_or(min <= max ? std::clamp(now.desired, min, max) : now.desired);
  const auto fits = kWebPerZoneMax * static_cast<int64_t>(c_.state.plan.zones.size());
  const Status good = check_capacity(min, desired, max, fits);
  if (!good) return good;
  const int64_t before = now.desired;
  PlannedAsg changed = now;
  changed.min = min;
  changed.desired = desired;
  changed.max = max;
  const Status saved = fleet_.set_asg(std::move(changed));
  if (!saved) return saved;
  if (desired != before) {
    note("capacity", planned().tier,
         "desired capacity " + std::to_string(before) + " -> " + std::to_string(desired), cause);
  }
  return Status();
}

void AsgGroup::end_hook(Instance& one, bool proceed, const std::string& by) {
  one.scaled.hook_until = 0;
  c_.event("autoscaling", "lifecycle", one.id,
           std::string(proceed ? "CONTINUE" : "ABANDON") + ": " + by);
  if (one.scaled.leaving.on) {
    one.scaled.leaving.hook_done = true;
    return;
  }
  one.scaled.launch_hook_done = true;
  if (!proceed) fleet_.begin_leaving(one.id, "its launch was abandoned");
}

std::string AsgGroup::lifecycle_of(const Instance& one) const {
  if (one.scaled.leaving.on) return one.scaled.hook_until ? "Terminating:Wait" : "Terminating";
  if (one.scaled.standby) return "Standby";
  if (one.scaled.hook_until) return "Pending:Wait";
  return one.scaled.in_service_at ? "InService" : "Pending";
}

const LifecycleHook* AsgGroup::hook(bool launching) const {
  const auto found =
      std::find_if(settings.hooks.begin(), settings.hooks.end(),
                   [&](const LifecycleHook& one) { return one.launching == launching; });
  return found == settings.hooks.end() ? nullptr : &*found;
}

CapacityMember AsgGroup::member_of(const Instance& one) const {
  CapacityMember out;
  out.id = one.id;
  out.zone = one.zone;
  out.running = one.running();
  out.in_service =
      one.scaled.in_service_at != 0 && one.scaled.well && !one.silent && !one.stopped && !one.dying;
  out.warm =
      out.in_service && c_.awake() - one.scaled.in_service_at >= planned().warmup_ms * kMillisecond;
  out.leaving = one.scaled.leaving.on;
  out.is_protected = settings.protected_.contains(one.id);
  out.version = one.scaled.version;
  out.launched_at = one.scaled.launched_at;
  return out;
}

std::vector<RefreshFacts> AsgGroup::facts() const {
  const Nanos now = c_.awake();
  std::vector<RefreshFacts> out;
  for (const auto& [id, one] : c_.state.instances) {
    if (!one.scaled.on || one.scaled.standby) continue;
    RefreshFacts each;
    each.member = member_of(one);
    each.deaths = one.scaled.deaths;
    each.pending_ms = (now - one.scaled.launched_at) / kMillisecond;
    // Its time does not count while it waits for an operator.
    if (one.scaled.hook_until) each.pending_ms = 0;
    each.has_served = one.scaled.in_service_at != 0;
    // An instance that still starts gets the grace period, too.
    const Nanos since = std::max(one.scaled.in_service_at, one.scaled.launched_at);
    if (now - since >= planned().grace_ms * kMillisecond) each.unhealthy = one.scaled.unhealthy;
    each.requests = one.scaled.requests;
    each.errors_5xx = one.scaled.errors_5xx;
    out.push_back(std::move(each));
  }
  return out;
}

}  // namespace multiaz::orchestrator
