#include "orchestrator/control/context.h"

#include <algorithm>
#include <csignal>

#include "orchestrator/control/topology.h"

namespace multiaz::orchestrator {

Context::Context(State first, StateStore& memory, Moment start)
    : state(std::move(first)), store(memory), faults(memory), now(start), clock(start.monotonic) {}

void Context::event(std::string source, std::string kind, const std::string& target,
                    std::string text) {
  Event event;
  event.source = std::move(source);
  event.kind = std::move(kind);
  event.target = target;
  if (const Instance* one = state.instance(target))
    event.zone = one->zone;
  else if (std::find(state.plan.zones.begin(), state.plan.zones.end(), target) !=
           state.plan.zones.end()) {
    event.zone = target;
  }
  event.text = std::move(text);
  emit(LogEvent{std::move(event)});
}

void Context::send(const std::string& id, wire::ControlMessage message) {
  emit(SendMessage{id, std::move(message)});
}

void Context::signal(const std::string& id, int signum, const std::string& why) {
  const auto found = state.instances.find(id);
  if (found == state.instances.end()) return;  // forgotten
  Instance& one = found->second;
  if (signum == SIGKILL) one.dying = true;
  if (signum == SIGSTOP) {
    one.stopped = true;
    one.stopped_at = awake();
  }
  if (signum == SIGCONT) {
    one.stopped = false;
    one.heard_at = awake();  // it could not report while it was stopped
  }
  emit(SignalProcess{id, one.launch, signum, why});
}

void Context::push_topology() {
  state.topology_dirty = false;
  ++state.topology_version;
  emit(BroadcastTopology{topology_of(state, faults, now.monotonic), faults.own(now.monotonic)});
}

// Nothing is due before it is known what runs: everything would be started a second time.
void Context::reconcile_later() {
  if (reconcile_due) return;
  if (!state.adopted && state.mistake != Mistake::kStartBeforeAdopt) return;
  reconcile_due = true;
  emit(StepLater());
}

void Context::topology_changed() {
  state.topology_dirty = true;
  state.fleet_news = true;
  reconcile_later();
}

Status Context::save_plan() {
  return store.set_meta("plan", plan_to_json(state.plan));
}

}  // namespace multiaz::orchestrator
