#include "chaos/arrivals.h"

#include "base/core/clock.h"
#include "base/rt/sync.h"

namespace multiaz::chaos {

namespace {

constexpr size_t kInFlightMax = 1'000;  // an arrival beyond that is refused and has failed
constexpr uint64_t kArrivalSeed = 2'750'159;

}  // namespace

rt::Task<void> Arrivals::one_action(Session& session, uint64_t number, Nanos due) {
  Random random(config_.seed * kArrivalSeed + number);
  session.browser.due(due);
  const uint64_t dice = random.below(100);
  const std::string op = "a" + session.ledger.session() + "-" + std::to_string(number);
  if (dice < 60) {
    co_await browse(session, random, config_.products);
  } else if (dice < 90) {
    co_await put_line(session, random, config_.products, op);
  } else {
    co_await read_cart(session, books_.findings);
  }
  --in_flight_;
  if (session.judged) idle_.push_back(&session);
}

rt::Task<void> Arrivals::come(rt::Nursery& nursery) {
  const Nanos began = monotonic_now();
  const Nanos gap = kSecond / config_.arrivals_per_s;
  for (uint64_t number = 0; !nursery.stopping().requested(); ++number) {
    const Nanos due = began + number * gap, now = monotonic_now();
    if (due > now) {
      (void)co_await rt::sleep_ms((due - now) / kMillisecond, nursery.stopping());
    }
    if (in_flight_ >= kInFlightMax) {
      books_.timeline.record(Path::kBrowse, due, monotonic_now(), false);
      continue;
    }
    if (idle_.empty()) {
      const std::string name = config_.tag + "arrival-" + std::to_string(number);
      idle_.push_back(&books_.open(name, config_.shop));
    }
    Session* session = idle_.front();
    idle_.pop_front();
    ++in_flight_;
    nursery.spawn("arrival", one_action(*session, number, due));
  }
}

}  // namespace multiaz::chaos
