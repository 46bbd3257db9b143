// The services of the control plane share this within a step: its time, the state, the store, and
// the effects so far.
#pragma once

#include <string>
#include <utility>

#include "orchestrator/control/awake_clock.h"
#include "orchestrator/control/effects.h"
#include "orchestrator/control/events.h"
#include "orchestrator/control/state.h"
#include "orchestrator/control/state_store.h"
#include "orchestrator/faults/fault_table.h"

namespace multiaz::orchestrator {

constexpr uint64_t kSpanMsMax = uint64_t{31} * 86'400'000;  // the longest time of any order

class Context {
 public:
  Context(State first, StateStore& memory, Moment start);

  // --- effects
  void emit(ControlEffect effect) { effects.push_back(std::move(effect)); }
  void event(std::string source, std::string kind, const std::string& target, std::string text);
  void send(const std::string& id, wire::ControlMessage message);
  // Also notes in the state that the instance is stopped, continued or about to end.
  void signal(const std::string& id, int signum, const std::string& why);
  void push_topology();
  void reconcile_later();

  // --- changes
  void topology_changed();  // the daemons get it, and Auto Scaling looks again
  Status save_plan();

  [[nodiscard]] Nanos awake() const { return clock.read(now.monotonic); }

  State state;
  StateStore& store;
  FaultTable faults;
  Moment now;
  AwakeClock clock;
  ControlEffects effects;
  bool reconcile_due = false;  // a Due event was requested
};

}  // namespace multiaz::orchestrator
