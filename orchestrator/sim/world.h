// A simulated cluster around the real ControlPlane: its process, its store, the machine, and time.
// It is deterministic: the same settings and calls give the same trace.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "base/core/random.h"
#include "orchestrator/sim/checks.h"
#include "orchestrator/sim/control_process.h"
#include "orchestrator/sim/machine.h"
#include "orchestrator/sim/memory.h"
#include "replication/sim/scheduler.h"

namespace multiaz::orchestrator::sim {

struct Settings {
  uint64_t seed = 1;
  Mistake mistake = Mistake::kNone;
  bool own_app = false;  // the web tier is an app that sends no reports
  bool autoshift = false;
  bool trace = false;
};

class World {
 public:
  explicit World(Settings settings);

  // --- time
  [[nodiscard]] Nanos now() const { return scheduler_.now(); }
  void after(Nanos delay, std::function<void()> action) {
    scheduler_.after(delay, std::move(action));
  }
  void run_for(Nanos duration);                                         // less when a check failed
  bool run_until(const std::function<bool()>& condition, Nanos limit);  // looks every 20 ms

  // --- the parts
  [[nodiscard]] const Settings& settings() const { return settings_; }
  Random& random() { return random_; }
  replication::sim::Scheduler& scheduler() { return scheduler_; }
  ControlProcess& control() { return control_; }
  [[nodiscard]] const ControlProcess& control() const { return control_; }
  Machine& machine() { return machine_; }
  Memory& memory() { return memory_; }
  Checks& checks() { return checks_; }

  [[nodiscard]] const Plan& plan() const { return control_.plan(); }
  [[nodiscard]] std::string unhealthy();  // the reason; "" = healthy: everything runs as planned
  void violate(const std::string& check, const std::string& detail);
  void trace(const std::string& line);
  void trace_from(Nanos zero) { trace_zero_ = zero; }  // the time of the trace's first line
  [[nodiscard]] const std::string& trace_text() const { return trace_; }

 private:
  Settings settings_;
  Random random_;
  replication::sim::Scheduler scheduler_;
  Memory memory_;
  Machine machine_;
  Checks checks_;
  ControlProcess control_;
  std::string trace_;
  Nanos trace_zero_ = 0;
};

// Carries out the effect on the machine and runs the checks on it. REQUIRES: the control plane
// runs.
void carry_out(World& world, const ControlEffect& effect);

}  // namespace multiaz::orchestrator::sim
