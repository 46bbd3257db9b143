// Routes that only read.
#include <algorithm>
#include <cstdlib>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/http/response_writer.h"
#include "base/rt/fabric.h"
#include "orchestrator/api/api.h"
#include "orchestrator/api/api_guard.h"

namespace multiaz::orchestrator {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kEventsPerAnswer = 10'000;
// So often a follower that gets no new events is checked for having left.
constexpr uint64_t kFollowPollMs = 1000;

// The health of a foreign program is what the load balancers find, but only after a look at its
// port has found it there: before that it may as well end. One of the project's own programs that
// is still starting is only "starting".
std::string health_of(const Instance& one) {
  if (one.silent) return "silent";
  const bool seen = one.state != InstanceState::kStarting && !one.health.empty();
  if (one.mute && one.running() && !seen) {
    return "nothing of it listens at " + one.address + ":" + std::to_string(one.port) + " yet";
  }
  if (one.state == InstanceState::kStarting && (one.health.empty() || one.health == "healthy")) {
    return "starting";
  }
  return one.health.empty() ? "unknown" : one.health;
}

Json describe(const Cluster& cluster, const Views& views, const Instance& one) {
  Json out;
  out["id"] = one.id;
  out["tier"] = one.tier;
  out["zone"] = one.zone;
  out["role"] = role_of(cluster.plan(), views, one.id);
  out["address"] = one.address;
  out["port"] = one.port;
  out["pid"] = one.running() ? one.pid : 0;
  out["state"] = one.stopped ? "stopped" : std::string(to_string(one.state));
  out["health"] = health_of(one);
  out["epoch"] = one.member.epoch;
  const auto lag_ms = lag_ms_of(cluster.instances(), views, one);
  out["lag_ms"] = lag_ms ? Json(*lag_ms) : Json();
  const Nanos age = one.running() ? monotonic_now() - one.process_since : 0;
  out["uptime_s"] = static_cast<double>(age / kMillisecond) / 1000.0;
  out["launch"] = one.launch;
  return out;
}

std::string host_port(const Plan& plan, const char* name) {
  const PlannedEndpoint* endpoint = plan.endpoint(name);
  return endpoint ? endpoint->address + ":" + std::to_string(endpoint->port) : "";
}

rt::Task<void> follow(EventLog& events, uint64_t since, http::ResponseWriter& writer) {
  while (!writer.gone() && !writer.stopping().requested()) {
    const auto lines = events.after(since, kEventsPerAnswer);
    std::string text;
    for (const EventLog::Line& line : lines) text += line.json + "\n";
    if (!lines.empty()) since = lines.back().seq;
    const Status written = co_await writer.write(text);
    if (!written) co_return;
    if (lines.empty()) co_await events.news().wait(kFollowPollMs, writer.stopping());
  }
}

// A GET parameter that is a number; any other text counts as absent.
uint64_t query_number(const http::Request& request, std::string_view name) {
  return std::strtoull(request.query.get(name, "0").c_str(), nullptr, 10);
}

void mask(std::map<std::string, std::string>& env) {
  for (auto& [name, value] : env) value = kMasked;
}

Plan masked(Plan plan) {
  for (PlannedInstance& one : plan.instances) mask(one.env);
  for (LaunchTemplate& one : plan.asg.templates) mask(one.env);
  return plan;
}

}  // namespace

std::string instances_json(const Cluster& cluster) {
  const Views& views = cluster.views();
  Json out = Json::array();
  for (const PlannedInstance& planned : cluster.plan().instances) {
    const auto found = cluster.instances().find(planned.id);
    if (found != cluster.instances().end()) out.push_back(describe(cluster, views, found->second));
  }
  return jsonio::dump(out);
}

rt::Task<http::Response> get_instances(Api& api, http::Request) {
  co_return http::json_response(200, instances_json(api.cluster) + "\n");
}

// One instance with everything that it reports about itself.
rt::Task<http::Response> get_instance(Api& api, http::Request request) {
  const std::string id(request.param("id"));
  const auto found = api.cluster.instances().find(id);
  if (found == api.cluster.instances().end()) {
    co_return api_error(Error(Code::kNotFound, "there is no instance '" + id + "'"));
  }
  Json out = describe(api.cluster, api.cluster.views(), found->second);
  out["launch"] = found->second.launch;
  const wire::StatusReport* report = api.cluster.report(id);
  out["counters"] = report ? Json(report->counters) : Json::object();
  out["topology_version"] = report ? report->topology_version : 0;
  out["serving"] = report && report->serving;
  out["tail"] = report ? report->tail : 0;
  out["commit"] = report ? report->commit : 0;
  out["lease_left_ms"] = report ? report->lease_left_ms : 0;
  co_return api_json(out);
}

// Whether the clients of a group have to speak TLS.
bool speaks_tls(const Plan& plan, const std::string& group) {
  return std::ranges::any_of(plan.instances, [&](const PlannedInstance& one) {
    const auto has = [&](const char* flag) {
      return std::ranges::find(one.flags, flag) != one.flags.end();
    };
    return one.tier == group && (has("--tls") || has("--force-ssl"));
  });
}

rt::Task<http::Response> get_endpoints(Api& api, http::Request) {
  const Plan& plan = api.cluster.plan();
  // A kept run folder may be older than a secret and lack it.
  const auto secret = [&](const char* name) {
    const auto found = api.cluster.secrets().named.find(name);
    return found == api.cluster.secrets().named.end() ? std::string() : found->second;
  };
  const bool tls = speaks_tls(plan, "cache"), force_ssl = speaks_tls(plan, "db");
  const std::string cache = (tls ? "rediss" : "redis") + ("://default:" + secret("cache_password")) + "@";
  const std::string trust = tls ? "?ssl_ca_certs=" + secret("ca_file") : "";
  const std::string path =
      force_ssl ? "/shop?sslmode=verify-full&sslrootcert=" + secret("ca_file") : "/shop";
  const std::string db = "postgresql://shop:" + secret("db_password") + "@";
  Json out;
  out["shop"] = "http://" + host_port(plan, plan.endpoint("shop_local") ? "shop_local" : "shop");
  if (plan.endpoint("shop_https")) {
    const bool local = plan.endpoint("shop_https_local") != nullptr;
    out["shop_https"] = "https://" + host_port(plan, local ? "shop_https_local" : "shop_https");
  }
  const bool cached = plan.group("cache") != nullptr;
  out["cache"] = cached ? cache + host_port(plan, "cache") + trust : "";
  out["cache_reader"] = cached ? cache + host_port(plan, "cache_reader") + trust : "";
  out["db"] = db + host_port(plan, "db") + path;
  out["db_reader"] = db + host_port(plan, "db_reader") + path;
  const PlannedInstance* dns = plan.instance("dns-1");
  out["dns"] = dns ? Json("dns://" + dns->address + ":" + std::to_string(dns->port)) : Json();
  if (const PlannedInstance* aws = plan.instance("awsapi-1")) {
    out["aws"] = "http://" + aws->address + ":" + std::to_string(aws->port);
    out["aws_access_key_id"] = "multiaz";
    out["aws_secret_access_key"] = secret("aws_secret");
  }
  out["api"] = "http://" + host_port(plan, "api");
  co_return api_json(out);
}

rt::Task<http::Response> get_events(Api& api, http::Request request) {
  const uint64_t since = query_number(request, "since");
  const std::string wanted = request.query.get("follow", "0");
  EventLog& events = api.cluster.events();
  if (request.query.find("follow") && wanted != "0" && wanted != "false") {
    co_return http::stream_response(
        "application/x-ndjson",
        [&events, since](http::ResponseWriter& writer) { return follow(events, since, writer); });
  }
  std::string text;
  for (const EventLog::Line& line : events.after(since, kEventsPerAnswer)) text += line.json + "\n";
  http::Response response(200, std::move(text), "application/x-ndjson");
  co_return response;
}

rt::Task<http::Response> get_plan(Api& api, http::Request) {
  co_return http::json_response(200, plan_to_json(masked(api.cluster.plan())));
}

rt::Task<http::Response> get_health(Api& api, http::Request) {
  const Health health = api.cluster.health();
  Json out;
  out["healthy"] = health.healthy;
  out["reasons"] = health.reasons;
  co_return api_json(out);
}

rt::Task<http::Response> get_groups(Api& api, http::Request) {
  Json out = Json::array();
  for (const auto& [name, view] : api.cluster.views()) {
    Json group;
    group["name"] = name;
    group["epoch"] = view.epoch.raw;
    group["primary"] = view.primary.raw;
    group["in_sync"] = Json::array();
    for (const auto& member : view.in_sync) group["in_sync"].push_back(member.id.raw);
    group["learners"] = Json::array();
    for (const auto& learner : view.learners) group["learners"].push_back(learner.id.raw);
    group["serving"] = false;
    group["members"] = Json::array();
    for (const GroupMember& member : api.cluster.plan().group(name)->members) {
      Json item;
      item["id"] = member.id;
      item["read_replica"] = !member.candidate;
      const wire::StatusReport* report = api.cluster.report(member.id);
      item["state"] = report ? report->member_state : "";
      item["epoch"] = report ? report->epoch : 0;
      item["tail"] = report ? report->tail : 0;
      item["commit"] = report ? report->commit : 0;
      const bool serves = report && report->serving && member.id == view.primary.raw &&
                          report->epoch == view.epoch.raw;
      if (serves) group["serving"] = true;
      group["members"].push_back(std::move(item));
    }
    out.push_back(std::move(group));
  }
  co_return api_json(out);
}

rt::Task<http::Response> get_cluster(Api& api, http::Request) {
  Json out;
  out["name"] = api.cluster.plan().name;
  out["profile"] = api.cluster.plan().profile;
  out["bug"] = api.cluster.plan().bug;
  out["run_dir"] = api.cluster.folders().run;
  out["cluster_id"] = api.cluster.secrets().cluster_id;
  out["topology_version"] = api.cluster.topology_version();
  out["pids"]["orchestrator"] = getpid();
  out["pids"]["supervisor"] = getppid();
  // The bytes are held on links to the control plane.
  out["fabric_bytes_held"] = rt::fabric().bites().bytes_held;
  out["zones"] = api.cluster.plan().zones;
  out["zones_down"] = Json::array();
  for (const auto& [zone, until] : api.cluster.state().holds) out["zones_down"].push_back(zone);
  co_return api_json(out);
}

rt::Task<http::Response> get_faults(Api& api, http::Request) {
  Json out = Json::array();
  for (const auto& [id, fault] : api.cluster.plane().context.faults.all()) {
    out.push_back(fault_json(fault));
  }
  co_return api_json(out);
}

rt::Task<http::Response> get_resolve(Api& api, http::Request request) {
  const auto ids = api.cluster.resolve(request.query.get("target"));
  if (!ids) co_return api_error(ids.error());
  const Json out = *ids;
  co_return api_json(out);
}

}  // namespace multiaz::orchestrator
