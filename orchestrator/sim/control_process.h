// The control plane's process in a simulated cluster: the real ControlPlane in a loop that may
// crash between two effects, stand still, and wake up to a backlog.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "orchestrator/control/control_plane.h"

namespace multiaz::orchestrator::sim {

class World;

class ControlProcess {
 public:
  explicit ControlProcess(World& world) : world_(world) {}

  // Reads the store and starts, unless it runs.
  void boot();
  void crash(Nanos restart_after);
  void crash_after_effects(uint32_t count) { effects_left_ = count; }
  void restore_older_copy(Nanos restart_after);
  void pause(Nanos duration);  // stopped; the events arrive afterwards
  // One turn of the loop is full of events of `busy_with`; all other events wait.
  void overwork(const std::string& busy_with, Nanos duration);
  void wake();  // ends a pause early

  // --- events and orders
  void deliver(ControlEvent event);  // now, or when it wakes up
  // An operator's order: runs within a step if the process lives.
  void order(const std::function<void(ControlPlane&)>& act);
  void heard(const std::string& id, uint64_t launch, wire::ControlMessage message);
  bool welcome(const wire::Hello& hello);
  void found_running(const std::string& id, uint64_t launch);
  // Does nothing if the process has ended by then.
  void within_life(Nanos delay, std::function<void()> action);
  void deliver_after(Nanos delay, ControlEvent event);

  // --- observers
  [[nodiscard]] ControlPlane* plane() { return plane_.get(); }
  [[nodiscard]] bool awake() const { return plane_ && !paused_; }
  [[nodiscard]] const Plan& plan() const { return plane_ ? plane_->state().plan : plan_; }
  [[nodiscard]] Nanos pause_began() const { return pause_began_; }  // of the last pause; 0 = none
  [[nodiscard]] Nanos pause_ended() const { return pause_ended_; }
  [[nodiscard]] bool amnesia() const { return amnesia_; }

 private:
  void tick();
  void step(const ControlEvent& event);

  World& world_;
  Plan plan_;  // the last plan that was known
  std::unique_ptr<ControlPlane> plane_;
  uint64_t life_ = 0;  // counts starts and ends of the process
  uint64_t ticks_ = 0;
  bool paused_ = false;
  Nanos pause_began_ = 0, pause_ended_ = 0;
  std::string busy_with_;  // during a pause: its events still arrive
  std::deque<ControlEvent> inbox_;
  std::deque<ControlEffect> undone_;
  bool carrying_out_ = false;
  uint32_t effects_left_ = 0;  // effects until it crashes between two of them; 0 = it does not
  bool amnesia_ = false;
};

}  // namespace multiaz::orchestrator::sim
