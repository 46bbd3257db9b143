#include "chaos/experiment/standstills.h"

#include "base/rt/sync.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kTickMs = 10;

}  // namespace

rt::Task<void> watch_standstills(std::vector<Standstill>& into, rt::Stop& stop) {
  while (!stop.requested()) {
    const Nanos due = monotonic_now() + kTickMs * kMillisecond;
    (void)co_await rt::sleep_ms(kTickMs, stop);
    const Nanos now = monotonic_now();
    if (now > due + kStandstillMsMin * kMillisecond) into.push_back(Standstill{due, now});
  }
}

}  // namespace multiaz::chaos
