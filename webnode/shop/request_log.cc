#include "webnode/shop/request_log.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"

namespace multiaz::webnode {

namespace {

constexpr double kSlowMs = 1000;

std::string labels(const std::string& route) {
  const size_t space = route.find(' ');
  return "method=\"" + route.substr(0, space) + "\",route=\"" + route.substr(space + 1) + "\"";
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

}  // namespace

std::optional<AccessLog> access_log_from(std::string_view name) {
  if (name == "off") return AccessLog::kOff;
  if (name == "errors") return AccessLog::kErrors;
  if (name == "all") return AccessLog::kAll;
  return std::nullopt;
}

void RequestLog::done(const http::Request& request, std::string_view route,
                      const http::Response& response, Nanos took) {
  const double ms = static_cast<double>(took) / kMillisecond;
  // Clients can invent methods and paths, so only known ones become names of counters.
  const std::string name =
      route.empty() ? "other other" : request.method + " " + std::string(route);
  Route& seen = routes_[name];
  ++seen.by_status[response.status];
  seen.ms += ms;
  size_t bucket = 0;
  while (bucket < kBucketsMs.size() && ms > kBucketsMs[bucket]) ++bucket;
  ++seen.by_time[bucket];
  const bool worth = response.status >= 500 || ms > kSlowMs;
  if (level_ == AccessLog::kAll || (level_ == AccessLog::kErrors && worth))
    write_line(request, route, response, ms);
}

void RequestLog::write_line(const http::Request& request, std::string_view route,
                            const http::Response& response, double ms) const {
  nlohmann::ordered_json line;
  line["time"] = wall_text(wall_now_ms());
  line["instance"] = instance_;
  line["zone"] = zone_;
  line["method"] = request.method;
  line["path"] = request.path;
  line["route"] = route;
  line["status"] = response.status;
  line["ms"] = static_cast<double>(static_cast<int64_t>(ms * 1000)) / 1000;
  line["bytes"] = response.body.size();
  const std::string_view forwarded = request.header("X-Forwarded-For");
  line["client"] = forwarded.empty() ? request.peer.ip_text() : std::string(forwarded);
  line["trace"] = request.header("X-Amzn-Trace-Id");
  const std::string text = jsonio::dump(line) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void RequestLog::append_metrics(std::string& out) const {
  out += "# TYPE webnode_http_requests_total counter\n";
  for (const auto& [name, route] : routes_) {
    for (const auto& [status, count] : route.by_status) {
      out += "webnode_http_requests_total{" + labels(name) + ",status=\"" + std::to_string(status) +
             "\"} " + std::to_string(count) + "\n";
    }
  }
  out += "# TYPE webnode_request_seconds histogram\n";
  for (const auto& [name, route] : routes_) {
    const std::string label = labels(name);
    uint64_t count = 0;
    for (size_t i = 0; i < route.by_time.size(); ++i) {
      count += route.by_time[i];
      const std::string le = i < kBucketsMs.size() ? number(kBucketsMs[i] / 1000) : "+Inf";
      out += "webnode_request_seconds_bucket{" + label + ",le=\"" + le + "\"} " +
             std::to_string(count) + "\n";
    }
    out += "webnode_request_seconds_sum{" + label + "} " + number(route.ms / 1000) + "\n";
    out += "webnode_request_seconds_count{" + label + "} " + std::to_string(count) + "\n";
  }
}

}  // namespace multiaz::webnode
