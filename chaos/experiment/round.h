// One round of an experiment: a scenario's faults on a cluster that is in use. It waits until the
// cluster is ready, injects the faults, verifies their effects, waits for the recovery and for
// answers after it; the record says what happened.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "chaos/experiment/testbed.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

// The load while faults are injected: it knows when they may begin, and when enough has been seen.
class Load {
 public:
  virtual ~Load() = default;
  virtual rt::Task<void> settle(rt::Stop& stop) = 0;
  virtual rt::Task<void> see_enough(rt::Stop& stop) = 0;
};

// A load of requests: each of these paths is answered before and after.
struct PathsInUse : Load {
  const Timeline& timeline;
  std::vector<Path> paths;
  uint64_t settle_ms = 0, quiet_ms = 0;  // at least
  uint64_t patience_ms = 5'000;

  explicit PathsInUse(const Timeline& all) : timeline(all) {}
  rt::Task<void> settle(rt::Stop& stop) override;
  rt::Task<void> see_enough(rt::Stop& stop) override;

 private:
  rt::Task<void> wait_for_answers(Nanos window, Nanos since, rt::Stop& stop);
};

struct RoundPlan {
  Scenario scenario;
  std::string name;         // in a series; "" = the only round
  std::vector<Path> paths;  // paths of the shop that its faults hit
  uint64_t healthy_ms_max = 30'000;
  // several, as a fault that was just placed may not have been detected yet
  int healthy_in_a_row = 4;
  bool control = false;      // the same scenario without its faults
  uint64_t deadline_ms = 0;  // all faults are over by then; 0 = 40 s after their times
  std::function<void(const std::string& text)> tell = [](const std::string&) {};
};

// Waits until every role is filled and in sync, and prepares what the scenario needs. False, with
// the reason in record.problem, when that did not succeed; then no fault may be injected.
rt::Task<bool> make_ready(Testbed& testbed, const RoundPlan& plan, RunRecord& record);
// The part of a round in which faults are injected, each by its trigger, until all of them are
// healed (strikes.cc): adds them to the record. Late ones end at the plan's deadline.
rt::Task<void> strike_all(Testbed& testbed, const RoundPlan& plan, Nanos from, RunRecord& record);
// Adds a round and its faults to the record. REQUIRES: make_ready().
rt::Task<void> play_round(Testbed& testbed, RoundPlan plan, Load& load, RunRecord& record);
// Whether the cluster was found healthy within that time in so many checks in a row, and since
// when. The processes that faults ended must have been replaced by then.
struct Wholeness {
  bool whole = false;
  Nanos since = 0;
  std::string reasons;  // why the cluster is not healthy
};
rt::Task<Wholeness> wait_until_whole(Testbed& testbed, std::vector<FaultRecord> struck,
                                     uint64_t within_ms, int in_a_row);

}  // namespace multiaz::chaos
