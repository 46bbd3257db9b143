// Anomalies: which targets of a group fail more often than the others, and the share of the traffic
// that they get meanwhile (ALB's automatic target weights, for the algorithm weighted_random).
// Pure.
//
// AWS says what is looked at (answers 5xx and connections that failed, beside the rest of the
// group) and not how. Here a target is anomalous when, of at least kAnswersMin answers since the
// last judgement, it failed kFailuresMin per cent and kTimesOthers times as many as the others.
// Mitigation cuts its weight at once to kWeightMin and doubles it with every judgement that finds
// it normal.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace multiaz::lb {

class Anomalies {
 public:
  static constexpr uint64_t kAnswersMin = 5;
  static constexpr uint64_t kFailuresMin = 20;  // per cent
  static constexpr uint64_t kTimesOthers = 3;
  static constexpr size_t kTargetsMin = 3;  // with fewer healthy ones nothing can stand out
  static constexpr double kWeightMin = 0.01;

  struct Mark {
    bool anomalous = false;
    double weight = 1;  // 1 = a full share
  };

  void count(const std::string& target, bool failed);
  // Judges the healthy targets by what was counted since the last judgement. Returns those that
  // became anomalous or normal.
  std::vector<std::string> judge(const std::vector<std::string>& healthy, bool mitigate);
  [[nodiscard]] Mark of(const std::string& target) const;
  void forget(const std::string& target);

 private:
  struct Target {
    uint64_t answers = 0, failures = 0;  // since the last judgement
    Mark mark;
  };
  std::map<std::string, Target> targets_;
};

}  // namespace multiaz::lb
