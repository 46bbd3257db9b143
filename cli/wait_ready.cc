#include "cli/wait_ready.h"

#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/core/clock.h"
#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/rt/sync.h"
#include "cli/orchestrator_state.h"

namespace multiaz::cli {

namespace {

constexpr uint64_t kPagePollMs = 3;
constexpr uint64_t kHealthPollMs = 20;
constexpr uint64_t kFirstWordMs = 2'000;  // after that, a terminal gets a progress line each second
constexpr uint64_t kWordEveryMs = 1'000;
constexpr size_t kReasonsShown = 3;

struct Health {
  bool good = false;
  bool hopeless = false;  // an instance has ended again and again
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
  size_t shown = 0;
  for (const nlohmann::json& reason : reasons) {
    if (shown++ == kReasonsShown) break;
    health.missing += (shown == 1 ? "" : ", ") + jsonio::shown(reason);
  }
  if (reasons.size() > kReasonsShown) {
    health.missing += " and " + std::to_string(reasons.size() - kReasonsShown) + " more";
  }
  co_return health;
}

// An app that is not ours and has ended, or whose port is another program's or not open yet. Our
// own programs are awaited by `--wait healthy` alone, because the first page must not wait for the
// last instance.
std::string not_up(const nlohmann::json& one) {
  const std::string id = jsonio::text_in(one, "id");
  const std::string state = jsonio::text_in(one, "state");
  const std::string health = jsonio::text_in(one, "health");
  if (state == "dead") return id + " is dead";
  const bool port = health.starts_with("nothing of it listens") ||
                    health.find("is held by a process") != std::string::npos;
  return port ? id + ": " + health : "";
}

rt::Task<Health> ask_instances(Remote& remote) {
  Health health;
  const auto text = co_await remote.get("/v1/instances");
  if (!text) {
    health.missing = text.error().detail;
    co_return health;
  }
  const auto answer = jsonio::parse(*text);
  if (!answer || !answer->is_array()) {
    health.missing = "the orchestrator's list of instances cannot be read";
    co_return health;
  }
  for (const nlohmann::json& one : *answer) {
    const std::string word = one.is_object() ? not_up(one) : "";
    if (word.empty()) continue;
    health.missing += (health.missing.empty() ? "" : ", ") + word;
    const auto launches = jsonio::count(one, "launch", 0);
    health.hopeless = health.hopeless || (launches && *launches > kEndsToTell);
  }
  health.good = health.missing.empty();
  co_return health;
}

rt::Task<Health> ask_page(Remote& remote) {
  Health health;
  health.good = co_await remote.shop_serves();
  if (health.good) health = co_await ask_instances(remote);
  if (!health.good && health.missing.empty()) health = co_await ask_health(remote);
  co_return health;
}

using Condition = rt::Task<Health> (*)(Remote&);

rt::Task<Status> wait_for(Remote& remote, Condition condition, uint64_t poll_ms,
                          uint64_t limit_ms) {
  const Nanos limit = monotonic_now() + limit_ms * kMillisecond;
  Nanos next_word = monotonic_now() + kFirstWordMs * kMillisecond;
  while (true) {
    const Health health = co_await condition(remote);
    if (health.good) co_return Status();
    if (health.hopeless) co_return Error(Code::kUnavailable, "not up: " + health.missing);
    if (!is_running(remote.folder())) {
      co_return Error(Code::kUnavailable, "the cluster ended while it was starting");
    }
    const auto state = orchestrator_state(remote.folder());
    if (state && state->fails()) {
      co_return Error(Code::kUnavailable, words_on(*state, remote.folder().name));
    }
    const Nanos now = monotonic_now();
    if (now >= limit) {
      co_return Error(Code::kTimeout, "not ready in time: " + health.missing);
    }
    if (now >= next_word && isatty(STDERR_FILENO)) {
      next_word = now + kWordEveryMs * kMillisecond;
      std::fprintf(stderr, "waiting: %s\n", health.missing.c_str());
    }
    co_await rt::sleep_ms(poll_ms);
  }
}

}  // namespace

rt::Task<Status> wait_for_page(Remote& remote) {
  return wait_for(remote, ask_page, kPagePollMs, kPageMs);
}

rt::Task<Status> wait_for_health(Remote& remote) {
  return wait_for(remote, ask_health, kHealthPollMs, kHealthyMs);
}

}  // namespace multiaz::cli
