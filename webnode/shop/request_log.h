// The outcome of requests: counts and times by route for /metrics (Prometheus text format 0.0.4),
// and the access log, one JSON object per line, among the log lines on standard error:
// {"time","instance","zone","method","path","route","status","ms","bytes","client","trace"}. Paths
// are without their query, which may hold private data; client is X-Forwarded-For or the peer.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/core/clock.h"
#include "base/http/message.h"

namespace multiaz::webnode {

// errors: status 5xx, and requests that took over a second
enum class AccessLog { kOff, kErrors, kAll };
std::optional<AccessLog> access_log_from(std::string_view name);
inline constexpr std::string_view kAccessLogs = "off, errors or all";

class RequestLog {
 public:
  RequestLog(AccessLog level, std::string instance, std::string zone)
      : level_(level), instance_(std::move(instance)), zone_(std::move(zone)) {}

  // `route` is the pattern, such as "/product/:id"; "" when none matched.
  void done(const http::Request& request, std::string_view route, const http::Response& response,
            Nanos took);
  void append_metrics(std::string& out) const;

 private:
  static constexpr std::array<double, 11> kBucketsMs = {1,   2.5, 5,   10,   25,  50,
                                                        100, 250, 500, 1000, 2500};
  struct Route {
    std::map<int, uint64_t> by_status;
    std::array<uint64_t, kBucketsMs.size() + 1> by_time{};
    double ms = 0;
  };
  void write_line(const http::Request& request, std::string_view route,
                  const http::Response& response, double ms) const;

  AccessLog level_;
  std::string instance_, zone_;
  // by route, such as "GET /product/:id": as many as the tables have
  std::map<std::string, Route> routes_;
};

}  // namespace multiaz::webnode
