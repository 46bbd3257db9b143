#include "cli/wait_ready.h"

#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/core/clock.h"
#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/rt/sync.h"

namespace multiaz::cli {

namespace {

constexpr uint64_t kPagePollMs = 3;
constexpr uint64_t kHealthPollMs = 20;
constexpr uint64_t kFirstWordMs = 2'000;  // then a terminal is told once a second
constexpr uint64_t kWordEveryMs = 1'000;
constexpr size_t kReasonsShown = 3;

struct Health {
  bool good = false;
  std::string missing;
};

rt::Task<Health> ask_health(Remote& remote) {
  Health health;
  const auto text = co_await remote.get("/v1/health");
  if (!text) {
    health.missing = text.error().detail;
    co_return health;
  }
  const auto answer = jsonio::parse_object(*text);
  if (!answer) co_return health;
  health.good = jsonio::flag_in(*answer, "healthy");
  const nlohmann::json& reasons = jsonio::items_in(*answer, "reasons");
  for (size_t i = 0; i < reasons.size() && i < kReasonsShown; ++i) {
    health.missing += (i == 0 ? "" : ", ") + jsonio::shown(reasons[i]);
  }
  if (reasons.size() > kReasonsShown) {
    health.missing += " and " + std::to_string(reasons.size() - kReasonsShown) + " more";
  }
  co_return health;
}

rt::Task<bool> serves_a_page(Remote& remote) {
  return remote.shop_serves();
}

rt::Task<bool> is_healthy(Remote& remote) {
  const Health health = co_await ask_health(remote);
  co_return health.good;
}

using Condition = rt::Task<bool> (*)(Remote&);

rt::Task<Status> wait_for(Remote& remote, Condition condition, uint64_t poll_ms,
                          uint64_t limit_ms) {
  const Nanos limit = monotonic_now() + limit_ms * kMillisecond;
  Nanos next_word = monotonic_now() + kFirstWordMs * kMillisecond;
  while (true) {
    const bool yes = co_await condition(remote);
    if (yes) co_return Status();
    if (!is_running(remote.folder())) {
      co_return Error(Code::kUnavailable, "the cluster ended while it was starting");
    }
    const Nanos now = monotonic_now();
    if (now >= limit) {
      const Health health = co_await ask_health(remote);
      co_return Error(Code::kTimeout, "not ready in time: " + health.missing);
    }
    if (now >= next_word && isatty(STDERR_FILENO)) {
      next_word = now + kWordEveryMs * kMillisecond;
      const Health health = co_await ask_health(remote);
      std::fprintf(stderr, "waiting: %s\n", health.missing.c_str());
    }
    co_await rt::sleep_ms(poll_ms);
  }
}

}  // namespace

rt::Task<Status> wait_for_page(Remote& remote) {
  return wait_for(remote, serves_a_page, kPagePollMs, kPageMs);
}

rt::Task<Status> wait_for_health(Remote& remote) {
  return wait_for(remote, is_healthy, kHealthPollMs, kHealthyMs);
}

}  // namespace multiaz::cli
