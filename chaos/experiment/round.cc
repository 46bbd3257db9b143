#include "chaos/experiment/round.h"

#include <algorithm>

#include "base/rt/sync.h"
#include "chaos/faults/fault.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kHealthPollMs = 20;
constexpr uint64_t kAnswerPollMs = 10;
constexpr uint64_t kHandOverMsMax = 10'000;
constexpr uint64_t kInterruptedMsMax = 2'000;  // the longest wait for the end after Ctrl-C
constexpr int kHealthyInARow = 4;

// An instance that was ended and is listed with the same process, or with none yet, has not been
// replaced.
bool replaced(const std::vector<Instance>& instances, const FaultRecord& fault) {
  if (find_fault(fault.spec.kind)->end != FaultEnd::kGone) return true;
  return std::ranges::none_of(fault.hits, [&](const Hit& hit) {
    return std::ranges::any_of(instances, [&](const Instance& one) {
      return hit.verified && one.id == hit.id && (one.pid == hit.pid || one.pid == 0);
    });
  });
}

rt::Task<Health> look(Cluster& cluster, const std::vector<FaultRecord>& struck) {
  Health out = co_await cluster.control().health();
  if (!out.healthy || struck.empty()) co_return out;
  const auto instances = co_await cluster.instances();
  out.healthy = instances.ok();
  if (!instances) out.reasons = instances.error().text();
  for (const FaultRecord& fault : struck) {
    if (!instances || replaced(*instances, fault)) continue;
    out.healthy = false;
    out.reasons = "what " + fault.spec.kind + " " + fault.spec.target + " ended is not there again";
  }
  co_return out;
}

// Moves the primary of a group to the zone of that target, by an orderly failover, unless it is
// there already.
rt::Task<Status> hand_over(Testbed& testbed, std::string group, std::string into_zone_of) {
  Cluster& cluster = testbed.cluster();
  const auto ids = co_await cluster.resolve(into_zone_of);
  const auto instances = co_await cluster.instances();
  if (!ids || ids->empty() || !instances) {
    co_return Error(Code::kUnavailable, into_zone_of + " is not there");
  }
  std::string zone, next;
  for (const Instance& one : *instances) {
    if (one.id == ids->front()) zone = one.zone;
  }
  for (const Instance& one : *instances) {
    if (one.tier != group || one.zone != zone) continue;
    if (one.role == "primary") co_return Status();
    next = one.id;
  }
  if (next.empty()) co_return Error(Code::kNotFound, "nobody of " + group + " is in " + zone);
  const Status ordered = co_await cluster.control().failover(group, next);
  if (!ordered) co_return ordered;
  const Nanos limit = monotonic_now() + kHandOverMsMax * kMillisecond;
  while (monotonic_now() < limit && !testbed.stop().requested()) {
    const auto now = co_await cluster.resolve(group + ":primary");
    if (now && *now == std::vector<std::string>{next}) co_return Status();
    co_await rt::sleep_ms(kHealthPollMs);
  }
  co_return Error(Code::kTimeout, next + " did not become the primary of " + group);
}

}  // namespace

rt::Task<Wholeness> wait_until_whole(Testbed& testbed, std::vector<FaultRecord> struck,
                                     uint64_t within_ms, int in_a_row) {
  Wholeness out;
  Nanos limit = monotonic_now() + within_ms * kMillisecond;
  for (int seen = 0; monotonic_now() < limit;) {
    const Nanos now = monotonic_now();
    if (testbed.interrupted()) limit = std::min(limit, now + kInterruptedMsMax * kMillisecond);
    const Health health = co_await look(testbed.cluster(), struck);
    if (seen == 0) out.since = now;
    seen = health.healthy ? seen + 1 : 0;
    if (!health.healthy) out.reasons = health.reasons;
    out.whole = seen >= in_a_row;
    if (out.whole) co_return out;
    co_await rt::sleep_ms(kHealthPollMs);
  }
  co_return out;
}

rt::Task<bool> make_ready(Testbed& testbed, const RoundPlan& plan, RunRecord& record) {
  Wholeness seen =
      co_await wait_until_whole(testbed, {}, plan.healthy_ms_max, plan.healthy_in_a_row);
  const Prepare& first = plan.scenario.prepare;
  if (seen.whole && !first.failover.empty()) {
    const Status done = co_await hand_over(testbed, first.failover, first.into_zone_of);
    if (!done) {
      seen.whole = false;
      seen.reasons = done.error().detail;
    } else {
      seen = co_await wait_until_whole(testbed, {}, plan.healthy_ms_max, kHealthyInARow);
    }
  }
  if (!seen.whole) record.problem = seen.reasons;
  co_return seen.whole;
}

rt::Task<void> play_round(Testbed& testbed, RoundPlan plan, Load& load, RunRecord& record) {
  RoundRecord round;
  round.name = plan.name;
  round.paths = plan.paths;
  round.first = record.faults.size();
  co_await load.settle(testbed.stop());
  round.from = monotonic_now();
  if (record.load_from == 0) record.load_from = round.from;
  co_await strike_all(testbed, plan, round.from, record);
  round.faults = record.faults.size() - round.first;
  const auto begin = record.faults.begin() + static_cast<long>(round.first);
  for (auto fault = begin; fault != record.faults.end(); ++fault) {
    if (fault->applied == 0) continue;
    if (round.struck == 0 || fault->applied < round.struck) round.struck = fault->applied;
  }
  const Wholeness seen = co_await wait_until_whole(
      testbed, {begin, record.faults.end()}, plan.scenario.workload.recover_ms_max, kHealthyInARow);
  for (auto fault = begin; fault != record.faults.end() && !plan.name.empty(); ++fault) {
    fault->spec.name = plan.name + (round.faults > 1 ? " " + fault->spec.name : "");
  }
  round.whole = record.whole_after = seen.whole;
  round.whole_at = record.whole_at = seen.whole ? seen.since : monotonic_now();
  if (!seen.whole) record.problem = seen.reasons;
  plan.tell(seen.whole ? "all is whole again" : "NOT whole again: " + seen.reasons);
  co_await load.see_enough(testbed.stop());
  round.until = record.load_until = monotonic_now();
  record.rounds.push_back(std::move(round));
}

rt::Task<void> PathsInUse::settle(rt::Stop& stop) {
  (void)co_await rt::sleep_ms(settle_ms, stop);
  co_await wait_for_answers(kSecond, 0, stop);
}

rt::Task<void> PathsInUse::see_enough(rt::Stop& stop) {
  const Nanos began = monotonic_now();
  (void)co_await rt::sleep_ms(quiet_ms, stop);
  co_await wait_for_answers(0, began, stop);
}

// Waits until each path was answered since then, or in a window that ends now.
rt::Task<void> PathsInUse::wait_for_answers(Nanos window, Nanos since, rt::Stop& stop) {
  const Nanos limit = monotonic_now() + patience_ms * kMillisecond;
  while (monotonic_now() < limit && !stop.requested()) {
    const Nanos now = monotonic_now();
    const Nanos from = window == 0 ? since : now - window;
    const bool all = std::ranges::all_of(
        paths, [&](Path path) { return timeline.succeeded_in(path, from, now) > 0; });
    if (all) co_return;
    (void)co_await rt::sleep_ms(kAnswerPollMs, stop);
  }
}

}  // namespace multiaz::chaos
