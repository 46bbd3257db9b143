#include "lb/health_check.h"

#include <utility>

#include "base/http/client.h"

namespace multiaz::lb {

rt::Task<ProbeResult> probe(rt::Address target, rt::Address from, std::string path,
                            uint64_t timeout_ms) {
  http::ClientConfig config;
  config.from = rt::make_address(from.ip, 0);
  config.connect_ms = timeout_ms;
  config.body_bytes_max = 64 << 10;
  http::Client client(config);
  http::Request request("GET", path);
  request.headers.add("User-Agent", "ELB-HealthChecker/2.0");
  request.headers.add("Connection", "close");
  auto response = co_await client.fetch(target, std::move(request), timeout_ms);
  ProbeResult result;
  if (!response) {
    const bool silent = response.error().code == Code::kTimeout;
    result.reason = (silent ? "Target.Timeout: Request timed out: "
                            : "Target.FailedHealthChecks: Health checks failed: ") +
                    response.error().detail;
  } else if (response->status != 200) {
    result.reason = "Target.ResponseCodeMismatch: Health checks failed with these codes: [" +
                    std::to_string(response->status) + "]";
  } else {
    result.passed = true;
  }
  co_return result;
}

}  // namespace multiaz::lb
