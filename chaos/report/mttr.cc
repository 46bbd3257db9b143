#include "chaos/report/mttr.h"

#include <algorithm>

#include "chaos/judge/judge.h"
#include "chaos/judge/rounds.h"

namespace multiaz::chaos {

namespace {

constexpr Nanos kSlow = 500 * kMillisecond;
constexpr uint64_t kCacheReadsMin = 20;  // in a second; fewer give no ratio
constexpr double kWarm = 0.95;

std::string group_of(const FaultRecord& fault) {
  if (fault.targets.empty()) return "";
  const std::string& id = fault.targets.front();
  return id.substr(0, id.find('-'));
}

Path path_of(const std::string& group) {
  if (group == "cache") return Path::kCart;
  if (group == "db") return Path::kOrder;
  return Path::kBrowse;
}

std::optional<Nanos> first_pain(const RunRecord& record, Path path, Nanos from) {
  std::optional<Nanos> out;
  for (const Request& one : record.requests) {
    if (one.path != path || one.done < from) continue;
    const bool slow = one.done - std::max(one.sent, from) > kSlow;
    if (one.ok && !slow) continue;
    const Nanos at = slow ? std::max(one.sent, from) + kSlow : one.done;
    if (!out || at < *out) out = at;
  }
  return out;
}

void take_events(const RunRecord& record, const FaultRecord& fault, const std::string& group,
                 Recovery& out) {
  out.detected = detected_at(record, fault);
  for (const Event& event : record.events) {
    if (event.at < out.struck) continue;
    const bool hit = std::ranges::find(fault.targets, event.target) != fault.targets.end();
    if (!out.fenced && hit && event.kind == "exit") out.fenced = event.at;
    const auto lease = event.source.starts_with(group + "-") ? lease_of(event) : std::nullopt;
    if (!lease) continue;
    const bool mine = std::ranges::find(fault.targets, event.source) != fault.targets.end();
    const bool earlier = !out.fenced || lease->at < *out.fenced;
    if (mine && !lease->begins && lease->at >= out.struck && earlier) out.fenced = lease->at;
    if (!mine && lease->begins && !out.promoted) out.promoted = lease->at;
  }
}

// The first second, in steps of 50 ms, in which at most one request of a hundred failed.
std::optional<Nanos> first_good_second(const RunRecord& record, Path path, Nanos from) {
  constexpr Nanos kStep = 50 * kMillisecond;
  constexpr size_t kSteps = kSecond / kStep;
  struct Step {
    size_t good = 0, bad = 0;
  };
  if (record.load_until < from) return std::nullopt;
  std::vector<Step> steps((record.load_until - from) / kStep);
  for (const Request& one : record.requests) {
    if (one.path != path || one.sent < from) continue;
    const size_t place = (one.sent - from) / kStep;
    if (place >= steps.size()) continue;
    const bool well = one.ok && one.done - one.sent <= kSlow;
    ++(well ? steps[place].good : steps[place].bad);
  }
  for (size_t first = 0; first + kSteps <= steps.size(); ++first) {
    Step all;
    for (size_t i = first; i < first + kSteps; ++i) {
      all.good += steps[i].good;
      all.bad += steps[i].bad;
    }
    if (all.good > 0 && all.bad * 99 <= all.good) return from + first * kStep;
  }
  return std::nullopt;
}

// Hits per hundred reads of the samples in (from, to]; nothing when there were too few.
std::optional<double> hit_percent(const RunRecord& record, Nanos from, Nanos to) {
  uint64_t hits = 0, all = 0;
  for (const CacheReads& one : record.cache_reads) {
    if (one.at <= from || one.at > to) continue;
    hits += one.hits;
    all += one.hits + one.misses;
  }
  if (all < kCacheReadsMin) return std::nullopt;
  return 100.0 * static_cast<double>(hits) / static_cast<double>(all);
}

std::optional<Nanos> first_warm_second(const RunRecord& record, Nanos from) {
  const auto before = hit_percent(record, from - std::min(from, kSecond), from);
  if (!before) return std::nullopt;
  for (const CacheReads& one : record.cache_reads) {
    if (one.at < from) continue;
    const auto now = hit_percent(record, one.at, one.at + kSecond);
    if (now && *now >= kWarm * *before) return one.at;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Recovery> recoveries(const RunRecord& record) {
  std::vector<Recovery> out;
  for (const FaultRecord& fault : record.faults) {
    if (!fault.bit || fault.spec.kind == "nothing") continue;
    Recovery one;
    const std::string group = group_of(fault);
    const Path path = path_of(group);
    one.fault = fault.spec.name + " " + fault.spec.kind + " " + fault.spec.target;
    one.path = to_string(path);
    one.struck = fault.applied;
    one.felt = first_pain(record, path, one.struck);
    take_events(record, fault, group, one);
    const Nanos settled = one.promoted.value_or(one.struck);
    for (const Request& request : record.requests) {
      if (request.path != path || !request.ok || request.done < settled) continue;
      one.routed = request.done;
      break;
    }
    one.restored = first_good_second(record, path, one.struck);
    if (record.whole_after && record.whole_at >= one.struck) one.redundant = record.whole_at;
    one.warm = first_warm_second(record, one.struck);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace multiaz::chaos
