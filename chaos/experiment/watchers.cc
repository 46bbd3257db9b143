#include "chaos/experiment/watchers.h"

#include <map>

#include "base/rt/sync.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kTickMs = 10, kSampleMs = 250;

struct Counted {
  uint64_t hits = 0, misses = 0;
};

// The counters of a new process begin at 0.
uint64_t since(uint64_t before, uint64_t now) {
  return now >= before ? now - before : now;
}

using CountedById = std::map<std::string, Counted>;

rt::Task<CacheReads> reads_since(Cluster& cluster, CountedById& before) {
  CacheReads out;
  const auto instances = co_await cluster.instances();
  out.at = monotonic_now();
  if (!instances) co_return out;
  for (const Instance& one : *instances) {
    if (one.tier != "web") continue;
    auto counters = co_await cluster.control().counters(one.id);
    Counted now;
    now.hits = counters["read_cache_hits"] + counters["read_cache_shared"];
    now.misses = counters["read_cache_misses"];
    if (now.hits + now.misses == 0) continue;
    const auto known = before.find(one.id);
    if (known != before.end()) {
      out.hits += since(known->second.hits, now.hits);
      out.misses += since(known->second.misses, now.misses);
    }
    before[one.id] = now;
  }
  out.at = monotonic_now();
  co_return out;
}

}  // namespace

rt::Task<void> watch_standstills(std::vector<Standstill>& into, rt::Stop& stop) {
  while (!stop.requested()) {
    const Nanos due = monotonic_now() + kTickMs * kMillisecond;
    (void)co_await rt::sleep_ms(kTickMs, stop);
    const Nanos now = monotonic_now();
    if (now > due + kStandstillMsMin * kMillisecond) into.push_back(Standstill{due, now});
  }
}

rt::Task<void> watch_cache_reads(Cluster& cluster, std::vector<CacheReads>& into, rt::Stop& stop) {
  CountedById before;
  while (!stop.requested()) {
    const CacheReads sample = co_await reads_since(cluster, before);
    if (!before.empty()) into.push_back(sample);
    (void)co_await rt::sleep_ms(kSampleMs, stop);
  }
}

}  // namespace multiaz::chaos
