#include "chaos/faults/bites.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/rt/sync.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kBitePollMs = 20;
constexpr uint64_t kBiteMsMin = 1'000;  // reports come ten times a second
constexpr uint64_t kLastReportMs = 2'000;
constexpr Nanos kHealMax = kSecond;

// Checks once whether a counter of one of them has grown, and notes it.
rt::Task<void> look_for_bites(FaultContext& context, FaultRecord& record, const Bites& before,
                              const std::string& counter) {
  std::vector<std::string> witnesses;
  for (const auto& [id, count] : before) witnesses.push_back(id);
  const Bites now = co_await bites_of(context.cluster, witnesses, counter);
  for (const auto& [id, count] : now) {
    // The counters of a restarted process begin at 0: a lower value proves nothing.
    const auto known = before.find(id);
    const uint64_t was = known == before.end() ? 0 : known->second;
    if (count <= was) continue;
    record.bit = true;
    record.verified = monotonic_now();
    record.proof = id + ": " + counter + " grew by " + std::to_string(count - was);
    co_return;
  }
  co_await rt::sleep_ms(kBitePollMs);
}

}  // namespace

rt::Task<Bites> bites_of(Cluster& cluster, std::vector<std::string> ids, std::string counter) {
  Bites out;
  for (const std::string& id : ids) {
    if (id != "control") {
      out[id] = co_await cluster.control().counter(id, counter);
      continue;
    }
    const auto body = co_await cluster.control().call("GET", "/v1/cluster", "");
    if (!body) continue;
    const auto all = jsonio::parse_object(*body);
    const auto count = all ? jsonio::count(*all, counter, 0) : all.error();
    if (count) out[id] = *count;
  }
  co_return out;
}

rt::Task<void> prove_bites(FaultContext& context, FaultRecord& record, Bites before,
                           std::string counter) {
  const uint64_t limit_ms = std::max(record.spec.for_ms, kBiteMsMin);
  const Nanos end = record.applied + limit_ms * kMillisecond;
  while (!record.bit && monotonic_now() < end && !context.stop.requested()) {
    co_await look_for_bites(context, record, before, counter);
  }
  if (!record.bit) {
    record.proof += (record.proof.empty() ? "" : "; ") + counter + " did not grow";
  }
}

rt::Task<void> prove_by_last_reports(FaultContext& context, FaultRecord& record, Bites before,
                                     std::string counter) {
  if (!context.stop.requested()) co_return;
  const Nanos end = monotonic_now() + kLastReportMs * kMillisecond;
  while (!record.bit && monotonic_now() < end) {
    co_await look_for_bites(context, record, before, counter);
  }
}

std::string heal_order(const FaultRecord& record) {
  return jsonio::dump(nlohmann::json{{"id", "owner:" + record.owner}});
}

rt::Task<void> heal_and_prove(FaultContext& context, FaultRecord& record) {
  const std::string heal = heal_order(record);
  const Nanos began = monotonic_now();
  while (true) {
    (void)co_await context.cluster.control().call("POST", "/v1/heal", heal);
    const auto body = co_await context.cluster.control().call("GET", "/v1/faults", "");
    bool there = !body.ok();
    if (body) {
      const auto list = jsonio::parse(*body);
      there = !list;  // an answer that cannot be read does not prove the healing
      for (const auto& one : list ? *list : nlohmann::json()) {
        const auto owner = jsonio::text(one, "owner", "");
        there = there || (owner && *owner == record.owner);
      }
    }
    record.healed = monotonic_now();
    if (!there) co_return;
    if (record.healed > began + kHealMax) break;
    co_await rt::sleep_ms(kBitePollMs);
  }
  record.left_behind = true;
}

rt::Task<void> note_pids(FaultContext& context, FaultRecord& record) {
  const auto instances = co_await context.cluster.instances();
  for (const Instance& one : instances ? *instances : std::vector<Instance>()) {
    const auto& ids = record.targets;
    if (std::ranges::find(ids, one.id) == ids.end()) continue;
    record.hits.push_back({one.id, one.pid, monotonic_now()});
  }
}

}  // namespace multiaz::chaos
