// What takes the ground from under all other claims: a record that does not say who was there, a
// load that did not come, a folder that was changed. Where nothing is wrong there is no claim.
#include "chaos/judge/judge.h"

namespace multiaz::chaos {

namespace {

bool shops(const Workload& load) {
  return load.shoppers + load.arrivals_per_s > 0;
}

}  // namespace

bool owes_shopping(const RunRecord& record) {
  return record.roster.shop() && (shops(record.scenario.workload) || record.load_planned > 0);
}

void claim_sight(const RunRecord& record, Claims& out) {
  const auto unknown = [&](const char* name, std::string text) {
    out.push_back(Claim{name, Ruling::kInconclusive, std::move(text)});
  };
  if (!record.doubts.empty()) unknown("the folder is as the run left it", record.doubts);
  if (!record.healthy_before) return;
  if (!record.roster.known()) {
    unknown("it is known who was there", "the record has no list of the cluster's instances");
  }
  const std::string own = record.roster.own_app();
  if (!own.empty() && record.load_planned > 0) {
    unknown("carts, orders and stock can be judged",
            "the web tier runs an app of its own (" + own +
                ") and not the shop: only what probes see of cache and database is judged");
  }
  if (record.roster.shop() && record.load_planned > 0 && !shops(record.scenario.workload)) {
    unknown("somebody shops", "the scenario has visitors, and this run had none (--shoppers 0)");
  }
}

}  // namespace multiaz::chaos
