// The named scenarios (T01 ...) as scripts with fixed delays and no randomness: each gives a
// readable trace that a golden test compares, and checks by itself whether it showed what it should
// show.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "replication/sim/world.h"

namespace multiaz::replication::sim {

// A world, and a scenario that is told in its trace.
class Script {
 public:
  explicit Script(Settings settings);

  World& world() { return world_; }
  void say(const std::string& text) { world_.trace("----", text); }
  // Fails the scenario with the given text unless the condition holds.
  void expect(bool holds, const std::string& what);

  // One operation at this member, followed for at most a second; the outcome goes to the trace.
  // Nothing is returned when there was no answer.
  std::optional<Outcome> write(const char* member);
  std::optional<Outcome> read(const char* member);
  void start_write(const char* member);  // does not wait
  void wait_settled(const std::string& why);
  void wait_serving(const char* member);
  void cut_both(const char* a, const char* b, bool on);
  void partition(const char* member, bool on);  // from the other members and the manager
  uint32_t at(const char* member) const { return static_cast<uint32_t>(member[0] - 'a'); }
  Node& node(const char* member) { return world_.node(at(member)); }
  bool holds(const char* member, Lsn lsn, uint64_t hash);

 private:
  std::optional<Outcome> wait_for(const std::string& what, std::optional<Outcome>& outcome);
  World world_;
};

struct Scenario {
  std::string_view name;  // "T01"
  std::string_view title;
  Settings (*settings)();
  void (*play)(Script& script);
};

const std::vector<Scenario>& scenarios();
// The trace, and the `violation` of a broken check or expectation.
struct ScenarioResult {
  std::string trace;
  Violation violation;
};
ScenarioResult play(const Scenario& scenario);

}  // namespace multiaz::replication::sim
