#include "cli/remote.h"

#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"

namespace multiaz::cli {

namespace {

constexpr uint64_t kPageTimeoutMs = 2'000;
constexpr uint64_t kStreamSilenceMs = 3'600'000;

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
  http::Request request(body ? "POST" : "GET", std::move(target), body ? jsonio::dump(*body) : "");
  request.headers.set("Authorization", "Bearer " + folder_.token);
  if (body) request.headers.set("Content-Type", "application/json");
  auto response = co_await client_.fetch(folder_.api, std::move(request), timeout_ms);
  if (!response) {
    co_return Error(response.error().code,
                    "the orchestrator does not answer: " + response.error().detail);
  }
  if (!response->success()) co_return error_of(*response);
  co_return std::move(response->body);
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
  if (!opened) co_return opened.error();
  while (true) {
    auto piece = co_await (*opened)->next(kStreamSilenceMs);
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return Status();
    take(*piece);
  }
}

}  // namespace multiaz::cli
