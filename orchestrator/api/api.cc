#include "orchestrator/api/api.h"

#include <sodium.h>

#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/http/router.h"
#include "orchestrator/api/api_doc.h"
#include "orchestrator/api/api_guard.h"

namespace multiaz::orchestrator {

namespace {

constexpr http::Route<Api> kRoutes[] = {
    {"GET", "/v1/instances", get_instances},
    {"GET", "/v1/instances/:id", get_instance},
    {"GET", "/v1/endpoints", get_endpoints},
    {"GET", "/v1/events", get_events},
    {"GET", "/v1/plan", get_plan},
    {"GET", "/v1/health", get_health},
    {"GET", "/v1/groups", get_groups},
    {"GET", "/v1/cluster", get_cluster},
    {"GET", "/v1/faults", get_faults},
    {"GET", "/v1/resolve", get_resolve},
    {"POST", "/v1/kill", post_kill},
    {"POST", "/v1/stop", post_stop},
    {"POST", "/v1/cont", post_cont},
    {"POST", "/v1/restart", post_restart},
    {"POST", "/v1/zone", post_zone},
    {"POST", "/v1/down", post_down},
    {"POST", "/v1/fault", post_fault},
    {"POST", "/v1/heal", post_heal},
    {"POST", "/v1/failover", post_failover},
    {"GET", "/v1/asg", get_asg},
    {"POST", "/v1/asg", post_asg},
    {"POST", "/v1/asg/policy", post_asg_policy},
    {"POST", "/v1/asg/schedule", post_asg_schedule},
    {"POST", "/v1/asg/hook", post_asg_hook},
    {"POST", "/v1/asg/lifecycle", post_asg_lifecycle},
    {"POST", "/v1/asg/process", post_asg_process},
    {"POST", "/v1/asg/instance", post_asg_instance},
    {"POST", "/v1/deploy", post_deploy},
    {"POST", "/v1/refresh", post_refresh},
    {"GET", "/v1/dns", get_dns},
    {"POST", "/v1/dns", post_dns},
    {"GET", "/v1/sg", get_sg},
    {"GET", "/v1/sg/check", get_sg_check},
    {"POST", "/v1/sg", post_sg},
    {"GET", "/v1/lb", get_lb},
    {"POST", "/v1/lb", post_lb},
    {"POST", "/v1/replica", post_replica},
    {"POST", "/v1/modify", post_modify},
    {"GET", "/v1/snapshots", get_snapshots},
    {"POST", "/v1/snapshot", post_snapshot},
    {"GET", "/v1/databases", get_databases},
    {"GET", "/metrics", get_metrics},
    {"GET", "/v1/stream", get_stream},
    {"GET", "/v1/openapi.json", get_openapi},
};

int status_of(Code code) {
  switch (code) {
    case Code::kInvalid: return 400;
    case Code::kDenied: return 403;
    case Code::kNotFound: return 404;
    case Code::kConflict: return 409;
    case Code::kLimit: return 429;
    case Code::kUnavailable: return 503;
    case Code::kTimeout: return 504;
    default: return 500;
  }
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

constexpr std::string_view kBearer = "Bearer ";
constexpr int kMisdirected = 421;  // RFC 9110, 15.5.20

bool reads(const http::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

// Among the reads only the endpoints need the token, because only they contain passwords; values of
// environments are masked (kMasked).
Status authorise(const Api& api, const http::Request& request) {
  if (reads(request) && request.path != "/v1/endpoints") return Status();
  const std::string_view given = request.header("Authorization");
  if (given.starts_with(kBearer) &&
      same_secret(given.substr(kBearer.size()), api.cluster.secrets().token)) {
    return Status();
  }
  return Error(Code::kDenied,
               "this request needs the header 'Authorization: Bearer TOKEN'; the token is in " +
                   api.cluster.folders().run + "/token");
}

}  // namespace

rt::Task<http::Response> handle_api(Api& api, http::Request request) {
  static const http::Router<Api> router(kRoutes);
  const Status called = check_host(request.header("Host"));
  if (!called) {
    http::Response misdirected = api_error(called.error());
    misdirected.status = kMisdirected;
    co_return misdirected;
  }
  const Status asked = reads(request) ? Status() : check_origin(request);
  if (!asked) co_return api_error(asked.error());
  const Status allowed = authorise(api, request);
  if (!allowed) co_return api_error(allowed.error());
  http::Response response = co_await router.handle(api, std::move(request));
  co_return response;
}

std::vector<std::pair<std::string, std::string>> api_routes() {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& one : kRoutes) out.emplace_back(one.method, one.pattern);
  return out;
}

http::Response api_error(const Error& error) {
  std::string code(to_string(error.code));
  for (char& c : code) {
    if (c == ' ' || c == '/') c = '_';
  }
  nlohmann::ordered_json out;
  out["error"]["code"] = code;
  out["error"]["message"] = error.detail;
  return http::json_response(status_of(error.code), jsonio::dump(out) + "\n");
}

http::Response api_json(const nlohmann::ordered_json& value) {
  return http::json_response(200, jsonio::dump(value) + "\n");
}

nlohmann::ordered_json hits_json(const Hits& hits) {
  nlohmann::ordered_json out;
  out["hits"] = nlohmann::ordered_json::array();
  bool verified = true;
  for (const Hit& hit : hits) {
    nlohmann::ordered_json item;
    item["id"] = hit.id;
    item["pid"] = hit.pid;
    item["t_ns"] = hit.t_ns;
    item["verified"] = hit.verified;
    verified = verified && hit.verified;
    out["hits"].push_back(std::move(item));
  }
  out["verified"] = verified;
  return out;
}

http::Response api_hits(const Result<Hits>& hits) {
  return hits ? api_json(hits_json(*hits)) : api_error(hits.error());
}

Result<nlohmann::json> body_of(const http::Request& request) {
  if (request.body.empty()) return nlohmann::json::object();
  auto parsed = jsonio::parse_strict(request.body);
  if (!parsed) return Error(Code::kInvalid, "the body: " + parsed.error().detail);
  return parsed;
}

Result<std::string> text_of(const nlohmann::json& body, const char* key, const char* fallback) {
  auto text =
      fallback ? jsonio::text(body, key, std::string_view(fallback)) : jsonio::text(body, key);
  if (!text || text->size() <= kTextBytesMax) return text;
  return Error(Code::kInvalid, std::string("\"") + key + "\" has at most " +
                                   std::to_string(kTextBytesMax) + " bytes");
}

Result<uint64_t> number_of(const nlohmann::json& body, const char* key, uint64_t fallback,
                           uint64_t high) {
  return jsonio::count(body, key, fallback, high);
}

}  // namespace multiaz::orchestrator
