// Cuts a member off from the other members of its tier, but not from its clients nor from the
// control plane.
#include "base/rt/nursery.h"
#include "base/rt/sync.h"
#include "chaos/faults/bites.h"

namespace multiaz::chaos {

namespace {

rt::Task<void> cut_link(Cluster& cluster, std::string a, std::string b, uint64_t for_ms,
                        std::string owner, size_t& placed) {
  const auto cut = co_await cluster.control().cut(a, b, for_ms, owner);
  if (cut) ++placed;
}

}  // namespace

rt::Task<void> fault_isolate(FaultContext& context, FaultRecord& record) {
  const bool found = co_await aim(context, record);
  const auto instances = co_await context.cluster.instances();
  if (!found || !instances) co_return;
  const std::string lonely = record.targets.front();
  std::string tier;
  for (const Instance& one : *instances) {
    if (one.id == lonely) tier = one.tier;
  }
  std::vector<std::string> witnesses;
  for (const Instance& one : *instances) {
    if (one.tier == tier) witnesses.push_back(one.id);
  }
  const Bites before = co_await bites_of(context.cluster, witnesses, "fabric_bytes_held");
  record.applied = monotonic_now();
  size_t placed = 0;
  rt::Nursery cuts;  // all cuts at once: a member that is cut off already cannot answer
  for (const Instance& one : *instances) {
    if (one.tier != tier || one.id == lonely) continue;
    cuts.spawn("cut",
               cut_link(context.cluster, lonely, one.id, record.spec.for_ms, record.owner, placed));
  }
  co_await cuts.join();
  if (placed == 0) {
    not_bitten(record, lonely + " has no peers");
    co_await heal_and_prove(context, record);
    co_return;
  }
  co_await prove_bites(context, record, before, "fabric_bytes_held");
  co_await hold(context, record);
  co_await heal_and_prove(context, record);
  co_await prove_by_last_reports(context, record, before, "fabric_bytes_held");
}

}  // namespace multiaz::chaos
