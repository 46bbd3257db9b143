#include "chaos/events.h"

#include <algorithm>

namespace multiaz::chaos {

namespace {

constexpr uint64_t kFollowMs = 100;  // this may be late: events carry their own times
constexpr uint64_t kFollowForWaiterMs = 15;
constexpr uint64_t kLookMs = 5;

bool fits(const Event& event, const Trigger& trigger, Nanos from) {
  return event.at >= from && event.kind == trigger.event &&
         event.target.find(trigger.on) != std::string::npos;
}

}  // namespace

rt::Task<void> Events::catch_up() {
  const auto fresh = co_await cluster_.control().events_since(last_seq_);
  if (!fresh) co_return;
  for (const Event& event : *fresh) {
    if (event.seq <= last_seq_) continue;
    last_seq_ = event.seq;
    all_.push_back(event);
  }
}

rt::Task<void> Events::follow(rt::Stop& stop) {
  while (!stop.requested()) {
    co_await catch_up();
    const uint64_t pause_ms = waiters_ > 0 ? kFollowForWaiterMs : kFollowMs;
    (void)co_await rt::sleep_ms(pause_ms, stop);
  }
}

bool Events::happened(const Trigger& trigger, Nanos from) const {
  const auto seen =
      std::ranges::count_if(all_, [&](const Event& event) { return fits(event, trigger, from); });
  return static_cast<uint64_t>(seen) >= trigger.nth;
}

rt::Task<bool> Events::wait_for(Trigger trigger, Nanos from, rt::Stop& stop) {
  bool came = false;
  ++waiters_;
  while (!came && !stop.requested()) {
    came = happened(trigger, from);
    if (!came) (void)co_await rt::sleep_ms(kLookMs, stop);
  }
  --waiters_;
  co_return came;
}

}  // namespace multiaz::chaos
