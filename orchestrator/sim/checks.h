// Checks what must hold in every step of every run. The checks see the whole world, and the first
// violation ends the run.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "orchestrator/control/effects.h"
#include "orchestrator/control/state.h"

namespace multiaz::orchestrator::sim {

class World;

struct Violation {
  std::string check;  // "started-twice", "restore-beneath-living", ...
  std::string detail;
  Nanos at = 0;
};

class Checks {
 public:
  explicit Checks(World& world) : world_(world) {}
  [[nodiscard]] bool failed() const { return !violation_.check.empty(); }
  [[nodiscard]] const Violation& violation() const { return violation_; }
  void violate(const std::string& check, const std::string& detail);

  void harm() { harmed_ = true; }  // from now on a deployment may fail
  void after_step(const State& state);
  void on(const SignalProcess& e);
  void on(const BroadcastTopology& e);
  void on(const SendMessage& e);
  void on(const PlaceSnapshot& e);
  void on(const LogEvent& e, const State& state);

 private:
  void view_told(const std::string& group, uint64_t epoch, const std::string& primary);
  void check_launch(const State& state);
  void check_zones(const State& state);

  World& world_;
  Violation violation_;
  bool harmed_ = false;
  Nanos most_silent_at_ = 0;  // when the control plane last found most instances silent
  std::map<std::pair<std::string, uint64_t>, std::string> primaries_;  // by group and epoch
};

}  // namespace multiaz::orchestrator::sim
