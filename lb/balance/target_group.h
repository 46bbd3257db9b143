// TargetGroup: which targets there are, how they are, and who gets the next request. Pure: no
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
  bool operator==(const TargetSpec&) const = default;
};

struct Target {
  TargetSpec spec;
  HealthState state;
  std::string reason;        // why it is not healthy: "Target.Timeout: ..."
  uint64_t in_flight = 0;    // requests
  Nanos draining_until = 0;  // 0 = not draining
  uint64_t answers = 0, errors_5xx = 0;
};

struct Changes {
  std::vector<std::string> added, removed, draining;
};

struct Choice {
  std::string id;
  bool stuck = false;  // the cookie's target, not the algorithm's
};

class TargetGroup {
 public:
  TargetGroup(Thresholds thresholds, Nanos deregistration_delay);

  // The targets there are from now on. One that is gone is forgotten at once; one whose address
  // changed is removed and added anew.
  Changes update(const std::vector<TargetSpec>& specs, Nanos now);
  // A health check's result; true when the target's health changed. Unknown ids are ignored.
  bool record_check(const std::string& id, bool passed, std::string reason);
  void suspect(const std::string& id);

  // Who takes a request: the sticky target if it may, else the next in turn that is not in
  // `tried`: healthy ones; healthy ones under suspicion if there are no others; every registered
  // one when none at all is healthy (fail-open). Draining targets take nothing new.
  std::optional<Choice> choose(const std::string& sticky_id, const std::set<std::string>& tried);

  void begin_request(const std::string& id);
  void end_request(const std::string& id);
  void count_answer(const std::string& id, int status);
  // Draining targets with requests in flight whose deregistration delay is over.
  [[nodiscard]] std::vector<std::string> overdue(Nanos now) const;

  [[nodiscard]] const Target* find(const std::string& id) const;
  [[nodiscard]] const std::map<std::string, Target>& targets() const { return targets_; }
  [[nodiscard]] size_t healthy_count() const;
  // No target that could take a request, healthy or not: 503.
  [[nodiscard]] bool empty() const;

 private:
  [[nodiscard]] bool may_take(const Target& target, bool fail_open) const;
  std::optional<std::string> next_in_turn(const std::set<std::string>& tried, bool fail_open,
                                          bool with_suspects);

  Thresholds thresholds_;
  Nanos deregistration_delay_;
  std::map<std::string, Target> targets_;
  std::string last_;  // who had the last turn
};

}  // namespace multiaz::lb
