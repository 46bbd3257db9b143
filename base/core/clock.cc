#include "base/core/clock.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>

namespace multiaz {

namespace {

constexpr int64_t kMillion = 1'000'000;
constexpr int64_t kSlewPpm = 500'000;  // how fast a clock that drifted is brought back

std::atomic<int64_t> g_wall_ahead_ms{0};
std::atomic<bool> g_drifts{false};

// How far this process's clock is ahead of the real one, as a line over time.
struct Drift {
  std::mutex mutex;
  Nanos since = 0;       // when the line begins, by the real clock
  int64_t ahead_ns = 0;  // the distance at `since`
  int64_t fast_ppm = 0;  // how fast the distance grows from `since` on
  Nanos until = 0;  // by this clock: the end of the drift, after which the clock is slewed back
  Nanos last = 0;   // the last time that was handed out; no later one is earlier

  int64_t ahead_at(Nanos real) const {
    const auto elapsed = static_cast<__int128>(real - since);
    return ahead_ns + static_cast<int64_t>(elapsed * fast_ppm / kMillion);
  }
  void begin(Nanos real, int64_t ppm, Nanos end) {
    ahead_ns = ahead_at(real);
    since = real;
    fast_ppm = ppm;
    until = end;
  }
};
Drift g_drift;

Nanos real_now() {
  timespec ts{};
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return static_cast<Nanos>(ts.tv_sec) * kSecond + static_cast<Nanos>(ts.tv_nsec);
}

Nanos drifting_now(Nanos real) {
  const std::lock_guard lock(g_drift.mutex);
  const int64_t ahead = g_drift.ahead_at(real);
  const bool slewing = g_drift.until == 0;
  const bool caught_up = slewing && (ahead == 0 || (ahead > 0) == (g_drift.fast_ppm > 0));
  const Nanos now = std::max(g_drift.last, caught_up ? real : real + static_cast<Nanos>(ahead));
  g_drift.last = now;
  if (!slewing && now >= g_drift.until) {
    g_drift.begin(real, ahead > 0 ? -kSlewPpm : kSlewPpm, 0);
  } else if (caught_up && real >= now) {
    g_drift.ahead_ns = g_drift.fast_ppm = 0;
    g_drifts = false;
  }
  return now;
}

}  // namespace

void set_wall_offset_ms(int64_t ahead_ms) {
  g_wall_ahead_ms = ahead_ms;
}

void set_clock_drift_ppm(int64_t fast_ppm, Nanos until) {
  const Nanos real = real_now();
  const std::lock_guard lock(g_drift.mutex);
  if (fast_ppm == 0) {
    if (g_drifts && g_drift.until != 0) {
      g_drift.begin(real, g_drift.ahead_at(real) > 0 ? -kSlewPpm : kSlewPpm, 0);
    }
    return;
  }
  if (!g_drifts) {
    g_drift.since = g_drift.last = real;
    g_drift.ahead_ns = g_drift.fast_ppm = 0;
  }
  g_drift.begin(real, std::clamp(fast_ppm, -kSlewPpm, kMillion), until);
  g_drifts = true;
}

Nanos monotonic_now() {
  const Nanos real = real_now();
  return g_drifts.load(std::memory_order_relaxed) ? drifting_now(real) : real;
}

Nanos on_host_clock(Nanos own) {
  if (!g_drifts.load(std::memory_order_relaxed)) return own;
  const Nanos real = real_now();
  return own + real - drifting_now(real);
}

int64_t wall_now_ms() {
  timespec ts{};
  clock_gettime(CLOCK_REALTIME, &ts);
  return static_cast<int64_t>(ts.tv_sec) * 1000 + ts.tv_nsec / 1'000'000 +
         g_wall_ahead_ms.load(std::memory_order_relaxed);
}

std::string wall_text(int64_t wall_ms) {
  const time_t seconds = static_cast<time_t>(wall_ms / 1000);
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + n, sizeof text - n, ".%03dZ", static_cast<int>(wall_ms % 1000));
  return text;
}

}  // namespace multiaz
