#include "chaos/plan/monkey.h"

#include <algorithm>
#include <string>

#include "base/core/random.h"
#include "base/faults/kinds.h"

namespace multiaz::chaos {

namespace {

// One kind of fault with the range of its duration; 0 to 0: it has none.
struct Harm {
  FaultId kind;
  const char* target;
  const char* to;
  uint64_t ms_min, ms_max;
  const char* figure;
  uint64_t low, high;
};
constexpr Harm kHarms[] = {
    {"kill"_fault, "cache:primary", "", 0, 0, nullptr, 0, 0},
    {"kill"_fault, "cache:replica", "", 0, 0, nullptr, 0, 0},
    {"kill"_fault, "db:primary", "", 0, 0, nullptr, 0, 0},
    {"kill"_fault, "db:standby", "", 0, 0, nullptr, 0, 0},
    {"kill"_fault, "any:web", "", 0, 0, nullptr, 0, 0},
    {"kill"_fault, "any:lb", "", 0, 0, nullptr, 0, 0},
    {"stop"_fault, "cache:primary", "", 500, 3000, nullptr, 0, 0},
    {"stop"_fault, "db:primary", "", 500, 3000, nullptr, 0, 0},
    {"stop"_fault, "any:web", "", 500, 3000, nullptr, 0, 0},
    {"stop_duty"_fault, "cache:primary", "", 1500, 4000, "percent", 20, 80},
    {"stop_duty"_fault, "db:standby", "", 1500, 4000, "percent", 20, 80},
    {"restart"_fault, "any:web", "", 0, 0, nullptr, 0, 0},
    {"restart"_fault, "any:cache", "", 0, 0, nullptr, 0, 0},
    {"restart"_fault, "any:db", "", 0, 0, nullptr, 0, 0},
    {"restart_storm"_fault, "any:web", "", 1000, 2500, nullptr, 0, 0},
    {"isolate"_fault, "cache:primary", "", 500, 3000, nullptr, 0, 0},
    {"isolate"_fault, "db:primary", "", 500, 3000, nullptr, 0, 0},
    {"failover"_fault, "cache:primary", "", 0, 0, nullptr, 0, 0},
    {"failover"_fault, "db:primary", "", 0, 0, nullptr, 0, 0},
    {"delay"_fault, "az-a", "az-b", 1000, 4000, "delay_ms", 5, 80},
    {"cut"_fault, "az-b", "az-c", 1000, 3000, nullptr, 0, 0},
    {"cut_one_way"_fault, "cache:primary", "cache:replica", 500, 2500, nullptr, 0, 0},
    {"bandwidth"_fault, "az-a", "az-c", 1000, 3000, "amount", 512, 8192},
    {"reset"_fault, "any:web", "lb", 1000, 3000, "percent", 10, 40},
    {"zone_cut"_fault, "az-b", "", 1000, 3000, nullptr, 0, 0},
    {"zone_slow"_fault, "az-c", "", 1000, 4000, "delay_ms", 5, 40},
    {"disk_slow"_fault, "db:primary", "", 1000, 3000, "amount", 20, 120},
    {"disk_error"_fault, "db:standby", "", 1500, 1500, nullptr, 0, 0},
    {"disk_full"_fault, "db:primary", "", 1500, 1500, nullptr, 0, 0},
    {"torn_write"_fault, "db:primary", "", 4000, 4000, nullptr, 0, 0},
    {"power_loss"_fault, "db:primary", "", 4000, 4000, "amount", 50, 400},
    {"clock_jump"_fault, "any:web", "", 1000, 3000, "amount", 1000, 10'000'000},
    {"clock_drift"_fault, "cache:primary", "", 2000, 4000, "amount", 1000, 20'000},
    {"cpu_hog"_fault, "any:web", "", 1000, 3000, "percent", 30, 90},
    {"slow_requests"_fault, "any:web", "", 1000, 3000, "amount", 50, 700},
    {"health_lie"_fault, "any:web", "", 1500, 4000, nullptr, 0, 0},
    {"orchestrator_kill"_fault, "", "", 0, 0, nullptr, 0, 0},
    {"orchestrator_stop"_fault, "", "", 500, 3000, nullptr, 0, 0},
};

constexpr uint64_t kRestMsMin = 1'500, kRestMsMax = 4'000;  // between two faults of one sequence
constexpr uint64_t kRoundSeed = 15'485'863;
// Two of these at the same time would leave no part of the control plane to carry out or to verify
// the other.
bool silences_control(FaultId kind) {
  return to_string(kind).starts_with("orchestrator") || kind == "zone_cut"_fault;
}

FaultSpec spec_of(const Harm& harm, uint64_t for_ms, uint64_t figure) {
  FaultSpec out;
  out.kind = to_string(harm.kind);
  out.target = harm.target;
  out.to = harm.to;
  out.for_ms = for_ms;
  if (harm.figure != nullptr) out.figures[harm.figure] = figure;
  return out;
}

FaultSpec draw(Random& random, bool control_too) {
  const Harm* harm = nullptr;
  do {
    harm = &kHarms[random.below(std::size(kHarms))];
  } while (!control_too && silences_control(harm->kind));
  const uint64_t for_ms = harm->ms_max == 0 ? 0 : random.between(harm->ms_min, harm->ms_max);
  return spec_of(*harm, for_ms, harm->figure ? random.between(harm->low, harm->high) : 0);
}

}  // namespace

std::vector<FaultSpec> monkey_faults() {
  std::vector<FaultSpec> out;
  for (const Harm& one : kHarms) {
    out.push_back(spec_of(one, one.ms_min, one.low));
    out.push_back(spec_of(one, one.ms_max, one.high));
  }
  return out;
}

Scenario monkey_round(const MonkeyPlan& plan, uint64_t round) {
  Random random(plan.seed * kRoundSeed + round);
  Scenario out;
  out.name = "monkey-" + std::to_string(round);
  out.title = "Random chaos, round " + std::to_string(round);
  out.seed = plan.seed * 1000 + round;
  out.workload.shoppers = 40;
  out.workload.warm_up_ms = 1200;
  for (uint64_t hand = 0; hand < plan.at_once; ++hand) {
    uint64_t at_ms = random.below(2'000);
    while (at_ms < plan.round_ms) {
      // Only the first sequence stops the control plane: the others could inject nothing meanwhile.
      FaultSpec fault = draw(random, hand == 0 && plan.at_once == 1);
      fault.when.at_ms = at_ms;
      at_ms += fault.for_ms + random.between(kRestMsMin, kRestMsMax);
      out.faults.push_back(std::move(fault));
    }
  }
  // A fault of the control plane, alone, at the end of each round.
  FaultSpec control;
  control.kind = to_string(round % 2 == 0 ? "orchestrator_kill"_fault : "orchestrator_stop"_fault);
  control.for_ms = round % 2 == 0 ? 0 : random.between(500, 3'000);
  control.when.at_ms = plan.round_ms + 6'000;
  out.faults.push_back(std::move(control));
  std::ranges::stable_sort(out.faults, [](const FaultSpec& a, const FaultSpec& b) {
    return a.when.at_ms < b.when.at_ms;
  });
  for (size_t i = 0; i < out.faults.size(); ++i) out.faults[i].name = std::to_string(i + 1);
  return out;
}

}  // namespace multiaz::chaos
