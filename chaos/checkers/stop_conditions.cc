#include "chaos/checkers/stop_conditions.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace multiaz::chaos {

namespace {

constexpr Nanos kWindow = 5 * kSecond;
constexpr size_t kRequestsMin = 20;  // in the window; fewer prove nothing
constexpr Nanos kSlow = kSecond;
constexpr Nanos kOutage = 10 * kSecond;

// The requests that ended in the window before `now` and were sent since `began`: slow or failed
// requests from the warm-up are not an effect of the experiment.
std::vector<Request> lately(const Timeline& timeline, Nanos began, Nanos now) {
  const std::vector<Request>& all = timeline.all();
  const Nanos from = std::max(began, now - std::min(now, kWindow));
  const auto first = std::ranges::lower_bound(all, from, {}, &Request::done);
  std::vector<Request> out;
  std::copy_if(first, all.end(), std::back_inserter(out),
               [&](const Request& one) { return one.sent >= began; });
  return out;
}

std::optional<std::string> lost_acks(const Timeline&, const std::vector<Finding>& findings, Nanos,
                                     Nanos) {
  if (findings.empty()) return std::nullopt;
  return findings.front().session + ": " + findings.front().text;
}

std::optional<std::string> failing_requests(const Timeline& timeline, const std::vector<Finding>&,
                                            Nanos began, Nanos now) {
  const auto window = lately(timeline, began, now);
  const auto failed = std::ranges::count_if(window, [](const Request& one) { return !one.ok; });
  const auto bad = static_cast<size_t>(failed);
  if (window.size() < kRequestsMin || 2 * bad < window.size()) return std::nullopt;
  return std::to_string(bad) + " of " + std::to_string(window.size()) +
         " requests failed in the last 5 s";
}

std::optional<std::string> slow_requests(const Timeline& timeline, const std::vector<Finding>&,
                                         Nanos began, Nanos now) {
  const auto window = lately(timeline, began, now);
  std::vector<Nanos> times;
  for (const Request& one : window) times.push_back(one.done - one.sent);
  if (times.size() < kRequestsMin) return std::nullopt;
  const Nanos p99 = percentile(std::move(times), 99);
  if (p99 <= kSlow) return std::nullopt;
  return "p99 was " + std::to_string(p99 / kMillisecond) + " ms in the last 5 s";
}

std::optional<std::string> no_orders(const Timeline& timeline, const std::vector<Finding>&,
                                     Nanos began, Nanos now) {
  const Nanos from = std::max(began, now - std::min(now, kOutage));
  if (now - from < kOutage || timeline.succeeded_in(Path::kOrder, from, now) > 0) {
    return std::nullopt;
  }
  return "nothing that needs the database's primary succeeded for 10 s";
}

constexpr StopCondition kStopConditions[] = {
    {"lost-acks", "a shopper misses something that was acknowledged", lost_acks},
    {"failing-requests", "half of the requests of 5 s failed", failing_requests},
    {"slow-requests", "p99 of 5 s is above 1 s", slow_requests},
    {"no-orders", "nobody could order for 10 s", no_orders},
};

}  // namespace

const StopCondition* find_stop_condition(std::string_view name) {
  const auto known = std::ranges::find(kStopConditions, name, &StopCondition::name);
  return known == std::end(kStopConditions) ? nullptr : known;
}

std::string stop_condition_names() {
  std::string out;
  for (const StopCondition& one : kStopConditions) {
    out += (out.empty() ? "" : ", ") + std::string(one.name) + " (" + std::string(one.text) + ")";
  }
  return out;
}

}  // namespace multiaz::chaos
