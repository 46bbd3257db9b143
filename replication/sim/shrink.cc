#include "replication/sim/shrink.h"

#include <algorithm>

namespace multiaz::replication::sim {
namespace {

// A change of the plan shifts every later moment, so that one seed may miss a narrow race that
// another seed meets.
constexpr uint64_t kWorldsTried = 8;

// Parts of a world that may be removed one at a time.
constexpr void (*kSimpler[])(Settings&) = {
    [](Settings& s) { s.mid_effect_crash = 0; },
    [](Settings& s) { s.trim_chance = 0; },
    [](Settings& s) { s.clock_rates.clear(); },
    [](Settings& s) { s.min_in_sync = 1; },
    [](Settings& s) {
      s.truncate_delay = {0, 0};
    },
    [](Settings& s) {
      s.persist_delay = {0, 0};
    },
    [](Settings& s) {
      s.turn_delay = {0, 0};
    },
    [](Settings& s) { s.hold_chance = 0; },
    [](Settings& s) { s.rebuild_chance = 0; },
    [](Settings& s) { s.replicas = 0; },
    [](Settings& s) { s.candidates = std::min(s.candidates, 2u); },
    [](Settings& s) { s.clients = 1; },
    [](Settings& s) { s.batch_records_max = 16; },
    [](Settings& s) {
      s.link_delay = {kMillisecond, kMillisecond};
    },
    [](Settings& s) {
      s.control_delay = {kMillisecond, kMillisecond};
    },
    [](Settings& s) {
      s.sync_delay = {kMillisecond, kMillisecond};
    },
    [](Settings& s) {
      s.write_delay = {kMillisecond / 10, kMillisecond / 10};
    },
    [](Settings& s) { s.durability = Durability::kOs; },
};

class Search {
 public:
  Search(Plan plan, uint64_t runs_max) : best_(std::move(plan)), runs_max_(runs_max) {
    best_.settings.trace = best_.settings.trace_events = false;
    check_ = run_plan(best_).violation.check;
  }

  void search() {
    if (check_.empty()) return;
    for (bool smaller = true; smaller && runs_ < runs_max_;) {
      smaller = fewer_faults();
      smaller |= shorter_faults();
      smaller |= simpler_world();
    }
  }
  const Plan& best() const { return best_; }
  uint64_t runs() const { return runs_; }

 private:
  bool still_fails(Plan plan) {
    const uint64_t seed = plan.settings.seed;
    for (uint64_t i = 0; i < kWorldsTried && runs_ < runs_max_; ++i) {
      plan.settings.seed = seed + i * 1'000'003;
      ++runs_;
      if (run_plan(plan).violation.check != check_) continue;
      best_ = std::move(plan);
      return true;
    }
    return false;
  }

  // Removes halves first, then smaller and smaller parts.
  bool fewer_faults() {
    bool smaller = false;
    for (size_t part = (best_.strikes.size() + 1) / 2; part > 0; part /= 2) {
      for (size_t at = 0; at + part <= best_.strikes.size();) {
        Plan plan = best_;
        const auto from = plan.strikes.begin() + static_cast<ptrdiff_t>(at);
        plan.strikes.erase(from, from + static_cast<ptrdiff_t>(part));
        if (still_fails(std::move(plan)))
          smaller = true;
        else
          at += part;
      }
    }
    return smaller;
  }

  bool shorter_faults() {
    bool smaller = false;
    for (size_t i = 0; i < best_.strikes.size(); ++i) {
      if (best_.strikes[i].pause > 0) {
        Plan plan = best_;
        plan.strikes[i].pause = 0;
        smaller |= still_fails(std::move(plan));
      }
      if (best_.strikes[i].scale_percent > 10) {
        Plan plan = best_;
        plan.strikes[i].scale_percent /= 2;
        smaller |= still_fails(std::move(plan));
      }
    }
    return smaller;
  }

  bool simpler_world() {
    bool smaller = false;
    for (const auto simplify : kSimpler) {
      Plan plan = best_;
      simplify(plan.settings);
      if (describe(plan) != describe(best_)) smaller |= still_fails(std::move(plan));
    }
    return smaller;
  }

  Plan best_;
  std::string check_;
  const uint64_t runs_max_;
  uint64_t runs_ = 0;
};

}  // namespace

Shrunk shrink(Plan plan, uint64_t runs_max) {
  const bool trace = plan.settings.trace;
  const bool events = plan.settings.trace_events;
  Search search(std::move(plan), runs_max);
  search.search();
  Shrunk out;
  out.plan = search.best();
  out.plan.settings.trace = trace;
  out.plan.settings.trace_events = events;
  out.result = run_plan(out.plan);
  out.runs = search.runs();
  return out;
}

}  // namespace multiaz::replication::sim
