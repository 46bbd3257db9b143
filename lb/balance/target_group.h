// TargetGroup: the registered targets, their health, and which one gets the next request. Pure: no
// clock, no socket. Cross-zone balancing is on: every target of every zone takes its turn.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "lb/balance/health.h"

namespace multiaz::lb {

struct TargetSpec {
  std::string id, zone;
  uint32_t ip = 0;  // host byte order
  uint16_t port = 0;
  bool draining = false;
  bool shifted = false;  // its zone gets no traffic: nothing new, and what runs goes on
  bool operator==(const TargetSpec&) const = default;
};

struct Target {
  TargetSpec spec;
  HealthState state;
  std::string reason;        // why it is not healthy: "Target.Timeout: ..."
  uint64_t in_flight = 0;    // number of requests
  Nanos draining_until = 0;  // 0 when it is not draining
  uint64_t answers = 0, errors_5xx = 0;
};

struct Changes {
  std::vector<std::string> added, removed, draining;
};

struct Choice {
  std::string id;
  bool stuck = false;  // chosen by the cookie and not by the algorithm
};

class TargetGroup {
 public:
  TargetGroup(Thresholds thresholds, Nanos deregistration_delay);
  // Targets that are draining already keep the end of their delay.
  void set_limits(Thresholds thresholds, Nanos deregistration_delay);

  // Sets the registered targets. A target that is gone is forgotten at once; one whose address
  // changed is removed and added anew.
  Changes update(const std::vector<TargetSpec>& specs, Nanos now);
  // Takes the result of a health check; true when the target's health changed. Unknown ids are
  // ignored.
  bool record_check(const std::string& id, bool passed, std::string reason);
  void suspect(const std::string& id);

  // The target for a request: the sticky target if it is allowed, else the next in turn that is not
  // in `tried`. Healthy targets come first, then healthy ones under suspicion, and every registered
  // one when no target is healthy (fail-open). Draining targets and those of a
  // shifted zone get no new requests.
  std::optional<Choice> choose(const std::string& sticky_id, const std::set<std::string>& tried);

  void begin_request(const std::string& id);
  void end_request(const std::string& id);
  void count_answer(const std::string& id, int status);
  // Draining targets that still have requests in flight after their deregistration delay.
  [[nodiscard]] std::vector<std::string> overdue(Nanos now) const;

  [[nodiscard]] const Target* find(const std::string& id) const;
  [[nodiscard]] const std::map<std::string, Target>& targets() const { return targets_; }
  [[nodiscard]] size_t healthy_count() const;
  // Whether no target could take a request, healthy or not: the answer is 503.
  [[nodiscard]] bool empty() const;

 private:
  [[nodiscard]] bool may_take(const Target& target, bool fail_open) const;
  std::optional<std::string> next_in_turn(const std::set<std::string>& tried, bool fail_open,
                                          bool with_suspects);

  Thresholds thresholds_;
  Nanos deregistration_delay_;
  std::map<std::string, Target> targets_;
  std::string last_;  // the target that had the last turn
};

}  // namespace multiaz::lb
