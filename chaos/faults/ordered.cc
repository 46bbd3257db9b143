// Faults of links and inside processes: the control plane places them, the daemons carry them out,
// and both let them end by themselves.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/faults/words.h"
#include "base/rt/process.h"
#include "base/rt/sync.h"
#include "chaos/faults/bites.h"

namespace multiaz::chaos {

namespace {

using OrderJson = nlohmann::json;

OrderJson order_of(const FaultRecord& record, const std::string& a, const std::string& b) {
  const FaultSpec& spec = record.spec;
  OrderJson order = {
      {"kind", spec.kind}, {"a", a}, {"for_ms", spec.for_ms}, {"owner", record.owner}};
  if (!b.empty()) order["b"] = b;
  for (const auto& [key, value] : spec.figures) order[key] = value;
  for (const auto& [key, value] : spec.words) order[key] = value;
  return order;
}

// Verifies that the processes that were there are gone.
rt::Task<void> prove_gone(FaultContext& context, FaultRecord& record) {
  const Nanos end = record.applied + record.spec.for_ms * kMillisecond;
  while (monotonic_now() < end && !context.stop.requested()) {
    record.bit = true;
    for (Hit& hit : record.hits) {
      hit.verified = rt::process_gone(hit.pid);
      record.bit = record.bit && hit.verified;
    }
    if (record.bit) break;
    co_await rt::sleep_ms(5);
  }
  record.verified = monotonic_now();
  record.proof = record.bit ? "its process is gone" : "its process lives";
}

// A node whose disk fails ends itself, and may be gone before it has reported that.
bool ended_of_it(const FaultRecord& record) {
  if (find_fault(record.spec.kind)->end != FaultEnd::kPerhaps || record.hits.empty()) return false;
  return std::ranges::all_of(record.hits, [](const Hit& hit) { return rt::process_gone(hit.pid); });
}

}  // namespace

rt::Task<void> fault_ordered(FaultContext& context, FaultRecord& record) {
  const FaultSpec& spec = record.spec;
  const FaultKind& kind = *find_fault(spec.kind);
  const bool found = co_await aim(context, record);
  if (!found) co_return;
  std::string other = spec.to;
  if (other.starts_with("fault:")) {
    const auto ids = co_await targets_of(context, other);
    if (ids && !ids->empty()) other = ids->front();
  }
  co_await note_pids(context, record);
  std::vector<std::string> witnesses = record.targets;
  if (other == "control") witnesses.push_back(other);  // the bytes are held at its end of the link
  if (!other.empty() && other != "control") {
    const auto ends = co_await context.cluster.resolve(other);
    if (ends) witnesses.insert(witnesses.end(), ends->begin(), ends->end());
  }
  const std::string counter = fault_counter(kind);
  const Bites before = co_await bites_of(context.cluster, witnesses, counter);
  if (context.stop.requested()) {
    not_bitten(record, "the experiment was stopped before it struck");
    co_return;
  }
  record.applied = monotonic_now();  // an instance that is cut off reports nothing for a while
  for (const std::string& target : record.targets) {
    if (target == other) continue;
    const auto placed =
        co_await context.cluster.control().place(jsonio::dump(order_of(record, target, other)));
    if (!placed) {  // a fault that is placed in part counts as not placed
      not_bitten(record, placed.error().detail);
      co_await heal_and_prove(context, record);
      co_return;
    }
  }
  if (kind.end == FaultEnd::kGone) {
    co_await prove_gone(context, record);
    co_await heal_and_prove(context, record);
    co_return;
  }
  co_await prove_bites(context, record, before, counter);
  co_await hold(context, record);
  co_await heal_and_prove(context, record);
  co_await prove_by_last_reports(context, record, before, counter);
  if (!record.bit && ended_of_it(record)) {
    record.bit = true;
    record.proof = "its process ended of it";
  }
}

}  // namespace multiaz::chaos
