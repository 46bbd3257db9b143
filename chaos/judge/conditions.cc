// The conditions for a run to prove anything: the cluster was healthy before, the faults had
// verified effects, and there was load around and under each of them.
#include <algorithm>

#include "chaos/judge/judge.h"
#include "chaos/plan/scenario_file.h"

namespace multiaz::chaos {

namespace {

constexpr Nanos kAround = kSecond;
constexpr size_t kSuccessesMin = 3;  // before, and after, of requests and probes together

struct Overlap {
  size_t before = 0, during = 0, after = 0;
};

Overlap overlap_of(const RunRecord& record, const FaultRecord& fault) {
  Overlap out;
  const Nanos end = std::max(fault.healed, fault.applied + kSecond / 10);
  const auto count = [&](Nanos called, Nanos returned, bool ok) {
    if (ok && returned >= fault.applied - std::min(fault.applied, kAround) &&
        returned < fault.applied) {
      ++out.before;
    }
    if (called <= end && returned >= fault.applied) ++out.during;
    if (ok && called >= end) ++out.after;
  };
  for (const Request& one : record.requests) count(one.sent, one.done, one.ok);
  for (const Operation& one : record.history) {
    if (!one.process.starts_with("final")) {
      count(one.called, one.returned, one.end == Operation::End::kOk);
    }
  }
  return out;
}

Claim about_overlap(const RunRecord& record) {
  Claim out{"the load overlapped every fault", Ruling::kHolds, ""};
  for (const FaultRecord& fault : record.faults) {
    if (!fault.bit) continue;
    const Overlap seen = overlap_of(record, fault);
    out.text += (out.text.empty() ? "" : "; ") + fault.spec.name + ": " +
                std::to_string(seen.before) + " before, " + std::to_string(seen.during) +
                " during, " + std::to_string(seen.after) + " after";
    if (seen.before < kSuccessesMin || seen.during == 0 || seen.after < kSuccessesMin) {
      out.ruling = Ruling::kInconclusive;
    }
  }
  if (record.faults.empty()) {
    out.ruling = Ruling::kInconclusive;
    out.text = "no fault was planned";
  }
  return out;
}

Claim about_bites(const RunRecord& record) {
  Claim out{"every fault bit", Ruling::kHolds, ""};
  for (const FaultRecord& fault : record.faults) {
    if (!fault.bit) out.ruling = Ruling::kNotApplied;
    out.text += (out.text.empty() ? "" : "; ") + fault.spec.name + " " + fault.spec.kind +
                (fault.bit ? ": " : " DID NOT: ") + fault.proof;
  }
  if (record.faults.size() < record.scenario.faults.size() && !record.interrupted) {
    out.ruling = Ruling::kNotApplied;
    out.text += "; " + std::to_string(record.scenario.faults.size() - record.faults.size()) +
                " never struck";
  }
  const std::vector<std::string> skipped = skipped_of(record.scenario);
  for (const std::string& one : skipped) {
    out.text += (out.text.empty() ? "" : "; ") + std::string("skipped ") + one;
  }
  // A template may skip actions whose target no resource fits; when none is left, nothing was
  // tested.
  if (record.faults.empty() && !skipped.empty()) out.ruling = Ruling::kNotApplied;
  return out;
}

bool shops(const Workload& load) {
  return load.shoppers + load.arrivals_per_s > 0;
}

}  // namespace

void claim_conditions(const RunRecord& record, Claims& out) {
  Claim ready{"the cluster is healthy before the faults", Ruling::kHolds, record.problem};
  if (!record.healthy_before) ready.ruling = Ruling::kUnhealthy;
  if (record.healthy_before && (record.interrupted || !record.problem.empty())) {
    ready.ruling = Ruling::kInconclusive;
    if (record.interrupted) ready.text += " (interrupted)";
  }
  out.push_back(std::move(ready));
  if (!record.healthy_before) return;
  out.push_back(about_bites(record));
  out.push_back(about_overlap(record));
}

bool owes_shopping(const RunRecord& record) {
  return record.roster.shop() && (shops(record.scenario.workload) || record.load_planned > 0);
}

// Reasons why no other claim can be believed: a record that does not list the planned instances, a
// load that did not come, a folder that was changed. Without such a reason no claim is added.
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
