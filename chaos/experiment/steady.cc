#include "chaos/experiment/steady.h"

#include <algorithm>

#include "base/rt/sync.h"
#include "chaos/judge/judge.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kPollMs = 50;
constexpr Nanos kLately = 2 * kSecond;

bool all_answered(const Timeline& timeline, Nanos now) {
  return std::ranges::all_of(kShopPaths, [&](Path path) {
    return timeline.succeeded_in(path, now - std::min(now, kLately), now) > 0;
  });
}

bool ordered(const Shoppers& shoppers) {
  const auto& sessions = shoppers.sessions();
  return std::ranges::any_of(
      sessions, [](const auto& session) { return session->ledger.acked_orders() > 0; });
}

}  // namespace

rt::Task<void> warm_up(const RunRecord& record, const Shoppers& shoppers, const Recorder& recorder,
                       rt::Stop& stop) {
  const Workload& load = record.scenario.workload;
  const bool shops = load.shoppers + load.arrivals_per_s > 0;
  (void)co_await rt::sleep_ms(load.warm_up_ms, stop);
  const Nanos limit = monotonic_now() + kSteadyMsMax * kMillisecond;
  const auto steady = [&] {
    return (!shops || all_answered(shoppers.timeline(), monotonic_now())) &&
           probes_answered(record, recorder.history());
  };
  while (!stop.requested() && monotonic_now() < limit && !steady()) {
    (void)co_await rt::sleep_ms(kPollMs, stop);
  }
}

rt::Task<void> quiet_down(const RunRecord& record, const Shoppers& shoppers,
                          const Recorder& recorder, rt::Stop& stop) {
  const Workload& load = record.scenario.workload;
  co_await rt::sleep_ms(load.quiet_ms);
  const Nanos limit = monotonic_now() + kEnoughMsMax * kMillisecond;
  while (!stop.requested() && monotonic_now() < limit) {
    const bool orders = load.shoppers == 0 || !record.roster.has("db") || ordered(shoppers);
    if (orders && enough_operations(record, recorder.history())) co_return;
    (void)co_await rt::sleep_ms(kPollMs, stop);
  }
}

}  // namespace multiaz::chaos
