// TargetGroup: the registered targets, their health, and which one gets the next request. Pure: no
// clock, no socket, no random number.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/core/clock.h"
#include "base/elb/attributes.h"
#include "lb/balance/anomalies.h"
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
  Nanos slow_since = 0;      // when its slow start began; 0 = it has its full share
  uint64_t answers = 0, errors_5xx = 0;
};

struct Changes {
  std::vector<std::string> added, removed, draining;
};

// How a group balances (base/elb/attributes.h).
struct GroupPolicy {
  Thresholds thresholds;
  Nanos deregistration_delay = 300 * kSecond;
  elb::Algorithm algorithm = elb::Algorithm::kRoundRobin;
  bool anomaly_mitigation = false;
  Nanos anomaly_interval = 5 * kSecond;  // between two judgements
  Nanos slow_start = 0;                  // 0 = off
  std::string only_zone;                 // without cross-zone balancing, the node's; "" = all zones
  elb::HealthMinimum routing_minimum;
};

// A choice depends on this beside the group, if draws() says so.
struct Moment {
  Nanos now = 0;
  uint64_t draw = 0;  // a random number
};

struct Choice {
  std::string id;
  bool stuck = false;  // chosen by the cookie and not by the algorithm
};

class TargetGroup {
 public:
  explicit TargetGroup(GroupPolicy policy) : policy_(std::move(policy)) {}
  // Targets that are draining already keep the end of their delay.
  void set_policy(GroupPolicy policy) { policy_ = std::move(policy); }

  // Sets the registered targets. A target that is gone is forgotten at once; one whose address
  // changed is removed and added anew.
  Changes update(const std::vector<TargetSpec>& specs, Nanos now);
  // Takes the result of a health check; true when the target's health changed. Unknown ids are
  // ignored.
  bool record_check(const std::string& id, bool passed, std::string reason, Nanos now);
  void suspect(const std::string& id);

  // The target for a request: the sticky target if it is allowed, else one that is not in `tried`,
  // by the algorithm. Healthy targets come first, then healthy ones under suspicion, and every
  // registered one when fewer are healthy than the routing minimum (fail-open). Draining targets,
  // those of a shifted zone, and those of another zone without cross-zone balancing get nothing.
  std::optional<Choice> choose(const std::string& sticky_id, const std::set<std::string>& tried,
                               Moment at);
  [[nodiscard]] bool draws() const;
  // Looks for anomalies when their interval is over. Returns the targets that became anomalous or
  // normal.
  std::vector<std::string> judge(Nanos now);
  [[nodiscard]] Anomalies::Mark mark(const std::string& id) const { return anomalies_.of(id); }

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
  struct Ask {  // for the targets that a request may go to
    const std::set<std::string>& tried;
    bool fail_open, with_suspects;
    Moment at;
  };
  [[nodiscard]] bool looks_for_anomalies() const {
    return policy_.algorithm == elb::Algorithm::kWeightedRandom;
  }
  [[nodiscard]] bool usable(const Target& target) const;
  [[nodiscard]] bool fails_open() const;
  [[nodiscard]] bool may_take(const Target& target, bool fail_open) const;
  [[nodiscard]] bool may_take(const std::string& id, const Target& target, const Ask& ask) const;
  [[nodiscard]] std::optional<std::string> by_algorithm(const Ask& ask) const;
  [[nodiscard]] std::optional<std::string> next_in_turn(const Ask& ask, bool ramp) const;
  [[nodiscard]] std::optional<std::string> least_outstanding(const Ask& ask) const;
  [[nodiscard]] std::optional<std::string> weighted_random(const Ask& ask) const;
  // The share of a target in its slow start, from 0 to 1.
  [[nodiscard]] double share_of(const Target& target, Nanos now) const;
  void begin_slow_start(Target& target, Nanos now);

  GroupPolicy policy_;
  std::map<std::string, Target> targets_;
  std::string last_;  // the target that had the last turn
  Anomalies anomalies_;
  Nanos judged_ = 0;
};

}  // namespace multiaz::lb
