#include "chaos/checkers/staleness.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "chaos/checkers/timeline.h"

namespace multiaz::chaos {

namespace {

std::string_view set_of(const std::string& key) {
  return std::string_view(key).substr(key.rfind(':') + 1);
}

struct Addition {
  uint64_t value = 0;
  Nanos acknowledged = 0;
};

struct Set {
  std::vector<Addition> acknowledged;          // in the order of their acknowledgement
  std::unordered_map<uint64_t, Nanos> called;  // call times of every addition that was tried
  const Operation* last_read = nullptr;        // from the primary
  std::unordered_set<uint64_t> last_seen;
};

// The problem with a value in a read; nullptr = none.
const char* wrong_with(uint64_t value, const Operation& read, const Set& set) {
  const auto added = set.called.find(value);
  if (added == set.called.end() || added->second > read.returned) {
    return "before anybody had begun to add it";
  }
  const bool gone = set.last_read != nullptr && set.last_read->called > read.returned &&
                    !set.last_seen.contains(value);
  return gone ? "from a replica and is not there at the end" : nullptr;
}

// The age of the oldest acknowledged row that the read does not show.
Nanos behind(const Set& set, const Operation& read) {
  const std::unordered_set<uint64_t> seen(read.seen.begin(), read.seen.end());
  for (const Addition& one : set.acknowledged) {
    if (one.acknowledged >= read.called) break;
    if (!seen.contains(one.value)) return read.called - one.acknowledged;
  }
  return 0;
}

}  // namespace

Staleness judge_staleness(const History& adds, const History& reads) {
  std::map<std::string_view, Set> sets;
  for (const Operation& one : adds) {
    const bool read = one.kind == Operation::Kind::kReadSet && one.end == Operation::End::kOk;
    Set& set = sets[set_of(one.key)];
    const bool later = set.last_read == nullptr || one.called > set.last_read->called;
    if (read && later) set.last_read = &one;
    if (one.kind != Operation::Kind::kAdd || one.end == Operation::End::kFail) continue;
    set.called.emplace(one.value, one.called);
    if (one.end == Operation::End::kOk) set.acknowledged.push_back({one.value, one.returned});
  }
  for (auto& [key, set] : sets) {
    std::ranges::sort(set.acknowledged, [](const Addition& a, const Addition& b) {
      return a.acknowledged < b.acknowledged;
    });
    if (set.last_read != nullptr)
      set.last_seen = {set.last_read->seen.begin(), set.last_read->seen.end()};
  }
  Staleness out;
  std::vector<Nanos> ages;
  for (size_t i = 0; i < reads.size(); ++i) {
    const Operation& read = reads[i];
    if (read.kind != Operation::Kind::kReadSet || read.end != Operation::End::kOk) continue;
    const Set& set = sets[set_of(read.key)];
    ages.push_back(behind(set, read));
    for (const uint64_t value : read.seen) {
      const char* wrong = wrong_with(value, read, set);
      if (wrong == nullptr) continue;
      out.anomalies.push_back(
          {read.key, "row " + std::to_string(value) + " was read " + wrong, {i}});
    }
  }
  out.reads = ages.size();
  out.p50 = percentile(ages, 50);
  out.p99 = percentile(ages, 99);
  out.max = percentile(std::move(ages), 100);
  return out;
}

}  // namespace multiaz::chaos
