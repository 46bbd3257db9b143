#include "lb/health_check.h"

#include <algorithm>
#include <utility>

#include "base/core/clock.h"
#include "base/http/client.h"

namespace multiaz::lb {

namespace {

constexpr size_t kBodyBytesMax = 64 << 10;

// The head has decided already. A small body is read nevertheless, because a server that is cut off
// while it writes may log an error.
rt::Task<void> read_some(http::ResponseStream& answer, Nanos limit) {
  size_t bytes = 0;
  while (bytes < kBodyBytesMax && monotonic_now() < limit) {
    const auto piece = co_await answer.next((limit - monotonic_now()) / kMillisecond + 1);
    if (!piece || piece->empty()) co_return;
    bytes += piece->size();
  }
}

}  // namespace

rt::Task<ProbeResult> probe(rt::Address target, rt::Address from, elb::HealthCheck check) {
  const uint64_t timeout_ms = check.timeout_ms;
  http::ClientConfig config;
  config.reading = wire::http::Reading::kLenient;  // as for the answers to clients
  config.from = rt::make_address(from.ip, 0);
  config.connect_ms = timeout_ms;
  http::Client client(config);
  http::Request request("GET", check.path);
  request.headers.add("User-Agent", "ELB-HealthChecker/2.0");
  request.headers.add("Connection", "close");
  const Nanos limit = monotonic_now() + timeout_ms * kMillisecond;
  auto answer = co_await client.open(target, std::move(request), timeout_ms);
  ProbeResult result;
  if (!answer) {
    const bool silent = answer.error().code == Code::kTimeout;
    result.our_fault = answer.error().code == Code::kExhausted;
    result.reason = (silent ? "Target.Timeout: Request timed out: "
                            : "Target.FailedHealthChecks: Health checks failed: ") +
                    answer.error().detail;
    co_return result;
  }
  const int status = (*answer)->status;
  result.passed = std::ranges::any_of(check.matcher, [status](const elb::CodeRange& range) {
    return range.low <= status && status <= range.high;
  });
  if (!result.passed) {
    result.reason = "Target.ResponseCodeMismatch: Health checks failed with these codes: [" +
                    std::to_string(status) + "]";
  }
  co_await read_some(**answer, limit);
  co_return result;
}

}  // namespace multiaz::lb
