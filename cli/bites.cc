#include "cli/bites.h"

#include <nlohmann/json.hpp>

#include "base/core/clock.h"
#include "base/core/jsonio.h"
#include "base/rt/sync.h"
#include "base/wire/url.h"
#include "cli/proc.h"

namespace multiaz::cli {

namespace {

constexpr uint64_t kBitePollMs = 50;
constexpr pid_t kPidMax = 1 << 22;
constexpr const char* kControl = "control";

}  // namespace

rt::Task<void> BiteWatch::begin(std::vector<std::string> targets) {
  for (const std::string& target : targets) {
    std::vector<std::string> ids;
    if (target == kControl) ids.emplace_back(kControl);
    const auto text = co_await remote_.get("/v1/resolve?target=" + wire::percent_encode(target));
    if (text) {  // an unknown target is refused when the fault is placed, with a better message
      const auto list = jsonio::parse(*text);
      if (list && list->is_array()) {
        for (const auto& id : *list) ids.push_back(jsonio::text_or_empty(id));
      }
    }
    for (const std::string& id : ids) {
      if (before_.contains(id)) continue;
      const auto seen = co_await look_at_one(id);
      if (seen) before_[id] = *seen;
    }
  }
}

rt::Task<std::optional<BiteWatch::Seen>> BiteWatch::look_at_one(std::string id) {
  const bool control = id == kControl;
  const auto text =
      co_await remote_.get(control ? "/v1/cluster" : "/v1/instances/" + wire::percent_encode(id));
  if (!text) co_return std::nullopt;
  const auto body = jsonio::parse_object(*text);
  if (!body) co_return std::nullopt;
  Seen out;
  const auto counters =
      control ? Result<const nlohmann::json*>(&*body) : jsonio::object(*body, "counters");
  const auto count = counters ? jsonio::count(**counters, counter_, 0) : counters.error();
  const auto pid = jsonio::integer(*body, "pid", 0, kPidMax, 0);
  out.count = count ? *count : 0;
  out.pid = pid ? static_cast<pid_t>(*pid) : 0;
  co_return out;
}

std::optional<std::string> BiteWatch::ended() const {
  const FaultEnd end = kind_ ? kind_->end : FaultEnd::kNone;
  if (end == FaultEnd::kNone) return std::nullopt;
  for (const auto& [id, seen] : before_) {
    if (seen.pid == 0) continue;
    const auto facts = look_at(seen.pid);
    const std::string who = id + ": pid " + std::to_string(seen.pid);
    if (end == FaultEnd::kStopped && facts && facts->state == 'T') return who + " is stopped";
    if (end != FaultEnd::kStopped && !facts) return who + " is gone";
  }
  return std::nullopt;
}

rt::Task<std::optional<std::string>> BiteWatch::look() {
  if (auto shown = ended()) co_return shown;
  for (const auto& [id, was] : before_) {
    const auto now = co_await look_at_one(id);
    // A process that was restarted counts from zero, so a lower count proves nothing.
    if (!now || now->count <= was.count) continue;
    co_return id + ": " + counter_ + " grew by " + std::to_string(now->count - was.count);
  }
  co_return std::nullopt;
}

rt::Task<std::optional<std::string>> BiteWatch::wait(uint64_t within_ms) {
  const Nanos end = monotonic_now() + within_ms * kMillisecond;
  while (true) {
    auto shown = co_await look();
    if (shown || monotonic_now() >= end) co_return shown;
    co_await rt::sleep_ms(kBitePollMs);
  }
}

}  // namespace multiaz::cli
