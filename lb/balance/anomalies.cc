#include "lb/balance/anomalies.h"

#include <algorithm>

namespace multiaz::lb {

void Anomalies::count(const std::string& target, bool failed) {
  Target& one = targets_[target];
  ++one.answers;
  if (failed) ++one.failures;
}

std::vector<std::string> Anomalies::judge(const std::vector<std::string>& healthy, bool mitigate) {
  uint64_t answers = 0, failures = 0;
  for (const std::string& id : healthy) {
    answers += targets_[id].answers;
    failures += targets_[id].failures;
  }
  std::vector<std::string> changed;
  for (const std::string& id : healthy) {
    Target& one = targets_[id];
    const uint64_t other_answers = answers - one.answers, other_failures = failures - one.failures;
    // The rates are compared without division: a / b > c / d when a * d > c * b. One that gets
    // next to nothing because it failed is judged by the few answers that it gives.
    const uint64_t answers_min = one.mark.anomalous ? 1 : kAnswersMin;
    const bool often =
        one.answers >= answers_min && one.failures * 100 >= kFailuresMin * one.answers;
    const bool more = one.failures * other_answers > kTimesOthers * other_failures * one.answers;
    // It stays as it was found until it has been asked again.
    const bool unknown = one.answers == 0 && one.mark.anomalous;
    const bool anomalous = healthy.size() >= kTargetsMin && ((often && more) || unknown);
    if (anomalous != one.mark.anomalous) changed.push_back(id);
    one.mark.anomalous = anomalous;
    if (!mitigate) {
      one.mark.weight = 1;
    } else if (anomalous) {
      one.mark.weight = kWeightMin;
    } else {
      one.mark.weight = std::min(1.0, 2 * one.mark.weight);
    }
  }
  for (auto& [id, one] : targets_) one.answers = one.failures = 0;
  return changed;
}

Anomalies::Mark Anomalies::of(const std::string& target) const {
  const auto found = targets_.find(target);
  return found == targets_.end() ? Mark() : found->second.mark;
}

void Anomalies::forget(const std::string& target) {
  targets_.erase(target);
}

}  // namespace multiaz::lb
