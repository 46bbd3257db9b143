#include "chaos/checkers/compare_and_set.h"

#include <algorithm>
#include <map>

namespace multiaz::chaos {

namespace {

using Kind = Operation::Kind;

// The operation that fits nowhere, after the last ones that ended before it: a reader of the report
// needs both.
std::vector<size_t> scene_of(const History& history, const std::vector<size_t>& places,
                             size_t wrong) {
  constexpr size_t kSceneMax = 6;
  std::vector<size_t> out;
  for (const size_t place : places) {
    const Operation& one = history[place];
    const bool counts = one.end == Operation::End::kOk ||
                        (one.end == Operation::End::kInfo && one.kind != Kind::kRead);
    if (place != wrong && counts && one.returned <= history[wrong].returned) out.push_back(place);
  }
  std::ranges::sort(out,
                    [&](size_t a, size_t b) { return history[a].returned < history[b].returned; });
  if (out.size() >= kSceneMax) {
    out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(kSceneMax - 1));
  }
  out.push_back(wrong);
  return out;
}

std::string words(const Operation& one) {
  if (one.kind == Kind::kRead) return "read " + std::to_string(one.value);
  if (one.kind == Kind::kWrite) return "write " + std::to_string(one.value);
  return "compare-and-set of " + std::to_string(one.expected) + " to " + std::to_string(one.value);
}

}  // namespace

Judgement judge_compare_and_set(const History& history, size_t states_max) {
  Judgement out;
  out.algorithm = "just-in-time linearization (Lowe, after Wing and Gong)";
  std::map<std::string_view, std::vector<size_t>> keys;
  for (size_t i = 0; i < history.size(); ++i) {
    const Operation& one = history[i];
    if (one.kind != Kind::kCas && one.kind != Kind::kWrite && one.kind != Kind::kRead) continue;
    ++out.operations;
    keys[one.key].push_back(i);
  }
  for (const auto& [key, places] : keys) {
    const Linearization found = linearize(history, places, states_max);
    out.gave_up = out.gave_up || found.gave_up;
    if (!found.stuck) continue;
    Anomaly anomaly;
    anomaly.key = key;
    anomaly.text = words(history[*found.stuck]) + " fits into no order of what went before";
    anomaly.places = scene_of(history, places, *found.stuck);
    out.anomalies.push_back(std::move(anomaly));
  }
  return out;
}

}  // namespace multiaz::chaos
