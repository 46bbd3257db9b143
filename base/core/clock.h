// Time is a parameter. Pure parts take `Nanos now`; shells read MonotonicClock.
#pragma once

#include <cstdint>
#include <string>

namespace multiaz {

// Nanoseconds of CLOCK_MONOTONIC; one clock for all processes of the host.
using Nanos = uint64_t;
constexpr Nanos kMillisecond = 1'000'000;
constexpr Nanos kSecond = 1'000'000'000;

// Deliberate faults of this process's clocks (base/faults/inner_faults.h); 0 means right. After a
// drift the clock is slewed back: it never jumps backwards.
void set_wall_offset_ms(int64_t ahead_ms);
void set_clock_drift_ppm(int64_t fast_ppm, Nanos until);

// Translates a time of this process's clock to the host's clock, for reports that other processes
// compare. Both are the same while the clock is right.
Nanos on_host_clock(Nanos own);

// Reads CLOCK_MONOTONIC now (never a cached value of the event loop).
Nanos monotonic_now();
// Milliseconds since 1970-01-01 UTC: for expiry times and texts, never for leases.
int64_t wall_now_ms();
// "2026-11-20T23:48:26.123Z"
std::string wall_text(int64_t wall_ms);

}  // namespace multiaz
