#include "cli/remote.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/clock.h"
#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/rt/sync.h"
#include "cli/orchestrator_state.h"

namespace multiaz::cli {

namespace {

constexpr uint64_t kPageTimeoutMs = 2'000;
constexpr uint64_t kStreamSilenceMs = 3'600'000;
// longer than the back-off after an orchestrator was killed
constexpr uint64_t kComesBackMs = 4'000;
constexpr uint64_t kFailingTimeoutMs = 3'000;
constexpr uint64_t kStatePollMs = 20;

http::ClientConfig client_config() {
  http::ClientConfig config;
  config.body_bytes_max = 64 << 20;
  return config;
}

Error error_of(const http::Response& response) {
  const auto parsed = jsonio::parse(response.body);
  std::string message = "HTTP " + std::to_string(response.status);
  if (parsed) {
    const std::string said = jsonio::text_in(jsonio::members_in(*parsed, "error"), "message");
    if (!said.empty()) message = said;
  }
  switch (response.status) {
    case 400: return Error(Code::kInvalid, message);
    case 403: return Error(Code::kDenied, message);
    case 404: return Error(Code::kNotFound, message);
    case 409: return Error(Code::kConflict, message);
    case 503: return Error(Code::kUnavailable, message);
    case 504: return Error(Code::kTimeout, message);
    default: return Error(Code::kInternal, message);
  }
}

}  // namespace

Remote::Remote(ClusterFolder folder) : folder_(std::move(folder)), client_(client_config()) {}

rt::Task<Result<std::string>> Remote::call(std::string target, const nlohmann::json* body,
                                           uint64_t timeout_ms) {
  const Nanos limit = monotonic_now() + kComesBackMs * kMillisecond;
  while (true) {
    co_await wait_for_orchestrator(limit);
    const auto before = orchestrator_state(folder_);
    if (before && before->pid == 0) co_return away("");
    // The socket belongs to the supervisor, so an order would wait in it for the next orchestrator
    // and be carried out long after the user was told that it failed.
    if (body && before && before->fails()) co_return away("");
    // The socket belongs to the supervisor, so a call to an orchestrator that fails again and again
    // would only wait.
    const uint64_t patience_ms =
        before && before->fails() ? std::min(timeout_ms, kFailingTimeoutMs) : timeout_ms;
    http::Request request(body ? "POST" : "GET", target, body ? jsonio::dump(*body) : "");
    request.headers.set("Authorization", "Bearer " + folder_.token);
    if (body) request.headers.set("Content-Type", "application/json");
    auto response = co_await client_.fetch(folder_.api, std::move(request), patience_ms);
    if (response && !response->success()) co_return error_of(*response);
    if (response) co_return std::move(response->body);
    // The orchestrator died during a read, which changes nothing, so its successor may be asked.
    const bool again = !body && response.error().code != Code::kTimeout && monotonic_now() < limit;
    if (!again || !is_running(folder_)) co_return away(response.error().detail);
    co_await rt::sleep_ms(kStatePollMs);
  }
}

rt::Task<void> Remote::wait_for_orchestrator(Nanos limit) {
  while (monotonic_now() < limit) {
    const auto state = orchestrator_state(folder_);
    if (!state || state->pid != 0 || state->fails()) co_return;
    co_await rt::sleep_ms(kStatePollMs);
  }
}

Error Remote::away(const std::string& why) const {
  const auto state = orchestrator_state(folder_);
  const std::string words = state ? words_on(*state, folder_.name) : "";
  if (why.empty()) return Error(Code::kUnavailable, words);
  return Error(Code::kUnavailable,
               "the orchestrator does not answer: " + why + (words.empty() ? "" : "; " + words));
}

rt::Task<bool> Remote::shop_serves() {
  http::Request request("GET", "/");
  auto response = co_await client_.fetch(folder_.shop, std::move(request), kPageTimeoutMs);
  co_return response.ok() && response->status == 200;
}

rt::Task<Status> Remote::stream(std::string target, std::function<void(std::string_view)> take) {
  http::Request request("GET", std::move(target));
  request.headers.set("Authorization", "Bearer " + folder_.token);
  auto opened = co_await client_.open(folder_.api, std::move(request), kCallTimeoutMs);
  if (!opened) co_return away(opened.error().detail);
  while (true) {
    auto piece = co_await (*opened)->next(kStreamSilenceMs);
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return Status();
    take(*piece);
  }
}

}  // namespace multiaz::cli
