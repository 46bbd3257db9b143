// The open loop: actions come at a steady pace, whatever became of those before. So a shop that
// stands still meets all that would have come meanwhile, and the wait counts from when it was due.
#include <algorithm>

#include "base/core/clock.h"
#include "base/rt/sync.h"
#include "chaos/shoppers.h"

namespace multiaz::chaos {

namespace {

constexpr size_t kInFlightMax = 1'000;  // beyond that an arrival is turned away, and has failed
constexpr uint64_t kArrivalSeed = 2'750'159;

}  // namespace

rt::Task<void> Shoppers::one_action(Session& session, uint64_t number, Nanos due) {
  Random random(config_.seed * kArrivalSeed + number);
  session.browser.due(due);
  const uint64_t dice = random.below(100);
  const std::string op = "a" + session.ledger.session() + "-" + std::to_string(number);
  if (dice < 60) {
    co_await browse(session, random);
  } else if (dice < 90) {
    co_await put_line(session, random, op);
  } else {
    co_await read_cart(session);
  }
  --in_flight_;
  if (session.judged) idle_.push_back(&session);
}

rt::Task<void> Shoppers::arrivals(rt::Nursery& nursery) {
  const Nanos began = monotonic_now();
  const Nanos gap = kSecond / config_.arrivals_per_s;
  for (uint64_t number = 0; !nursery.stopping().requested(); ++number) {
    const Nanos due = began + number * gap, now = monotonic_now();
    if (due > now) {
      (void)co_await rt::sleep_ms((due - now) / kMillisecond, nursery.stopping());
    }
    if (in_flight_ >= kInFlightMax) {
      timeline_.record(Path::kBrowse, due, monotonic_now(), false);
      continue;
    }
    if (idle_.empty()) idle_.push_back(&new_session("arrival-" + std::to_string(number)));
    Session* session = idle_.front();
    idle_.pop_front();
    ++in_flight_;
    nursery.spawn("arrival", one_action(*session, number, due));
  }
}

}  // namespace multiaz::chaos
