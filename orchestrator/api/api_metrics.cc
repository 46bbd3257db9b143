// Routes for monitoring: Prometheus text of every daemon, and server-sent events.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/http/response_writer.h"
#include "orchestrator/api/api.h"

namespace multiaz::orchestrator {

namespace {

constexpr uint64_t kMetricsEveryMs = 1000;
constexpr size_t kStreamedEventsMax = 1000;

// Counters that may also fall; all others only grow, so the names of their metrics end in _total.
constexpr std::string_view kGauges[] = {
    "active_connections", "connections", "health_checks", "healthy_targets",  "keys",
    "log_base",           "log_bytes",   "log_segments",  "log_sync_us_max",  "page_versions",
    "record_sets",        "sessions",    "targets",       "unhealthy_checks", "used_memory",
    "writers_waiting"};
// Values that are no quantity.
constexpr std::string_view kLeftOut[] = {"log_tail_hash",   "log_at_16",       "log_at_16_hash",
                                         "log_at_256",      "log_at_256_hash", "log_at_4096",
                                         "log_at_4096_hash"};

template <size_t N>
bool holds(const std::string_view (&words)[N], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// Samples of one metric must stand together (Prometheus text format 0.0.4).
class Exposition {
 public:
  void add(const std::string& name, const char* type, const std::string& labels, double value) {
    Metric& metric = metrics_[name];
    metric.type = type;
    char text[64];
    if (value == std::floor(value) && std::abs(value) < 1e15)
      std::snprintf(text, sizeof text, "%lld", static_cast<long long>(value));
    else
      std::snprintf(text, sizeof text, "%.6g", value);
    metric.samples += name + (labels.empty() ? "" : "{" + labels + "}") + " " + text + "\n";
  }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& [name, metric] : metrics_) {
      out += "# TYPE " + name + " " + metric.type + "\n" + metric.samples;
    }
    return out;
  }

 private:
  struct Metric {
    const char* type = "gauge";
    std::string samples;
  };
  std::map<std::string, Metric> metrics_;
};

void expose_instance(const Cluster& cluster, const Views& views, const Instance& one,
                     Exposition& out) {
  const std::string labels = "id=\"" + one.id + "\",tier=\"" + one.tier + "\",zone=\"" + one.zone +
                             "\",role=\"" + role_of(cluster.plan(), views, one.id) + "\"";
  const bool up = one.state == InstanceState::kReady && !one.stopped && !one.silent;
  out.add("multiaz_up", "gauge", labels, up ? 1 : 0);
  out.add("multiaz_launches_total", "counter", labels, static_cast<double>(one.launch));
  const wire::StatusReport* report = cluster.report(one.id);
  if (!report) return;
  if (!report->member_state.empty()) {
    out.add("multiaz_replication_epoch", "gauge", labels, static_cast<double>(report->epoch));
    out.add("multiaz_replication_commit", "gauge", labels, static_cast<double>(report->commit));
    const auto lag_ms = lag_ms_of(cluster.instances(), views, one);
    if (lag_ms) {
      out.add("multiaz_replication_lag_ms", "gauge", labels, static_cast<double>(*lag_ms));
    }
    out.add("multiaz_serving", "gauge", labels, report->serving ? 1 : 0);
  }
  for (const auto& [name, value] : report->counters) {
    if (holds(kLeftOut, name)) continue;
    const bool gauge = holds(kGauges, name);
    const bool named = name.ends_with("_total");
    out.add("multiaz_" + one.tier + "_" + name + (gauge || named ? "" : "_total"),
            gauge ? "gauge" : "counter", labels, static_cast<double>(value));
  }
}

void expose_group(const ControlPlane& plane, Exposition& out) {
  const PlannedAsg& group = plane.group.planned();
  const std::string labels = "group=\"" + group.tier + "\"";
  const ScalingMetrics& metrics = plane.autoscaling.metrics();
  out.add("multiaz_asg_min", "gauge", labels, static_cast<double>(group.min));
  out.add("multiaz_asg_desired", "gauge", labels, static_cast<double>(group.desired));
  out.add("multiaz_asg_max", "gauge", labels, static_cast<double>(group.max));
  out.add("multiaz_asg_in_service", "gauge", labels, static_cast<double>(metrics.warm));
  if (metrics.cpu_percent)
    out.add("multiaz_asg_cpu_percent", "gauge", labels, *metrics.cpu_percent);
  if (metrics.requests_per_s) {
    out.add("multiaz_asg_requests_per_s", "gauge", labels, *metrics.requests_per_s);
  }
}

std::string sse(const std::string& event, const std::string& id, const std::string& data) {
  return (id.empty() ? "" : "id: " + id + "\n") + "event: " + event + "\ndata: " + data + "\n\n";
}

std::string metrics_json(const Api& api) {
  nlohmann::ordered_json out;
  const ScalingMetrics& metrics = api.cluster.plane().autoscaling.metrics();
  out["desired"] = api.cluster.plan().asg.desired;
  out["warm"] = metrics.warm;
  if (metrics.requests_per_s) out["requests_per_s"] = *metrics.requests_per_s;
  if (metrics.cpu_percent) out["cpu_percent"] = *metrics.cpu_percent;
  out["counters"] = nlohmann::ordered_json::object();
  for (const auto& [id, one] : api.cluster.instances()) {
    const wire::StatusReport* report = api.cluster.report(id);
    if (report) out["counters"][id] = report->counters;
  }
  return jsonio::dump(out);
}

// Sends events as they come, the topology when it changes, and metrics once a second.
rt::Task<void> follow_all(Api& api, uint64_t since, http::ResponseWriter& writer) {
  uint64_t topology = 0;
  Nanos metrics_at = 0;
  EventLog& events = api.cluster.events();
  while (!writer.gone() && !writer.stopping().requested()) {
    std::string text;
    const auto lines = events.after(since, kStreamedEventsMax);
    for (const EventLog::Line& line : lines) {
      text += sse("event", std::to_string(line.seq), line.json);
      since = line.seq;
    }
    if (topology != api.cluster.topology_version()) {
      topology = api.cluster.topology_version();
      text += sse("topology", "", instances_json(api.cluster));
    }
    const Nanos now = monotonic_now();
    if (now >= metrics_at) {
      metrics_at = now + kMetricsEveryMs * kMillisecond;
      text += sse("metrics", "", metrics_json(api));
    }
    const Status written = co_await writer.write(text);
    if (!written) co_return;
    if (lines.size() < kStreamedEventsMax) {
      (void)co_await events.news().wait(kMetricsEveryMs, writer.stopping());
    }
  }
}

}  // namespace

rt::Task<http::Response> get_metrics(Api& api, http::Request) {
  Exposition out;
  const Views& views = api.cluster.views();
  for (const auto& [id, one] : api.cluster.instances()) {
    expose_instance(api.cluster, views, one, out);
  }
  expose_group(api.cluster.plane(), out);
  out.add("multiaz_healthy", "gauge", "", api.cluster.health().healthy ? 1 : 0);
  out.add("multiaz_events_total", "counter", "",
          static_cast<double>(api.cluster.events().last_seq()));
  http::Response response(200, out.text(), "text/plain; version=0.0.4");
  co_return response;
}

// A client that reconnects names the last event that it got (Last-Event-ID); a new client gets only
// new events.
rt::Task<http::Response> get_stream(Api& api, http::Request request) {
  uint64_t since = api.cluster.events().last_seq();
  const std::string last(request.header("Last-Event-ID"));
  if (!last.empty()) since = std::strtoull(last.c_str(), nullptr, 10);
  if (request.query.find("since")) {
    since = std::strtoull(request.query.get("since", "0").c_str(), nullptr, 10);
  }
  co_return http::stream_response("text/event-stream", [&api, since](http::ResponseWriter& writer) {
    return follow_all(api, since, writer);
  });
}

}  // namespace multiaz::orchestrator
