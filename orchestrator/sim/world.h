// A simulated cluster around the real ControlPlane: its store, the machine, time, and what can be
// done to them. Deterministic: the same settings and calls give the same trace.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/core/random.h"
#include "orchestrator/control/control_plane.h"
#include "orchestrator/sim/checks.h"
#include "orchestrator/sim/machine.h"
#include "orchestrator/sim/memory.h"
#include "replication/sim/scheduler.h"

namespace multiaz::orchestrator::sim {

struct Settings {
  uint64_t seed = 1;
  Mistake mistake = Mistake::kNone;
  bool own_app = false;  // the web tier is somebody's own program
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

  // --- the control plane's process
  void crash(Nanos restart_after);
  void crash_after_effects(uint32_t count) { effects_left_ = count; }
  void pause(Nanos duration);  // stopped; hears everything afterwards
  // One turn of its loop is full of what these say; the others wait unheard.
  void overwork(const std::string& busy_with, Nanos duration);
  void restore_older_copy(Nanos restart_after);
  // Within a step, if it is there: an order of a person.
  void order(const std::function<void(ControlPlane&)>& act);
  [[nodiscard]] ControlPlane* plane() { return plane_.get(); }
  [[nodiscard]] bool awake() const { return plane_ && !paused_; }
  [[nodiscard]] const Plan& plan() const { return plane_ ? plane_->state().plan : plan_; }
  [[nodiscard]] Nanos pause_began() const { return pause_began_; }  // of the last one; 0 = none
  [[nodiscard]] Nanos pause_ended() const { return pause_ended_; }
  [[nodiscard]] bool amnesia() const { return amnesia_; }
  void heal();
  [[nodiscard]] std::string unhealthy();  // why; "" = healthy, all runs as planned

  // --- for the parts
  void heard(const std::string& id, uint64_t launch, wire::ControlMessage message);
  bool welcome(const wire::Hello& hello);
  void answer(const Spawned& spawned);
  void reaped(const wire::Exited& exited);
  void violate(const std::string& check, const std::string& detail);
  Random& random() { return random_; }
  replication::sim::Scheduler& scheduler() { return scheduler_; }
  Machine& machine() { return machine_; }
  Memory& memory() { return memory_; }
  Checks& checks() { return checks_; }
  void trace(const std::string& line);
  void trace_from(Nanos zero) { trace_zero_ = zero; }  // the time of its first line
  [[nodiscard]] const std::string& trace_text() const { return trace_; }

 private:
  void boot();
  void tick(uint64_t life);
  void step(const ControlEvent& event);
  void deliver(ControlEvent event);  // now, or when it is awake
  void carry_out(const ControlEffect& effect);
  [[nodiscard]] PortsSeen ports() const;
  void place(const PlaceSnapshot& order);
  void end_placing(SnapshotPlaced answer, bool whole);

  Settings settings_;
  Random random_;
  replication::sim::Scheduler scheduler_;
  Memory memory_;
  Machine machine_;
  Checks checks_;
  Plan plan_;  // the last one that was known
  std::unique_ptr<ControlPlane> plane_;
  uint64_t life_ = 0;  // of the control plane's process
  uint64_t ticks_ = 0;
  bool paused_ = false;
  Nanos pause_began_ = 0, pause_ended_ = 0;
  std::string busy_with_;  // while paused: still heard
  std::deque<ControlEvent> inbox_;
  std::deque<ControlEffect> undone_;
  bool carrying_out_ = false;
  uint32_t effects_left_ = 0;  // until it dies between two of them; 0 = it does not
  bool amnesia_ = false;
  std::string trace_;
  Nanos trace_zero_ = 0;
};

}  // namespace multiaz::orchestrator::sim
