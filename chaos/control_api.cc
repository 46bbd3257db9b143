#include "chaos/control_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"

namespace multiaz::chaos {

namespace {

using Json = nlohmann::json;
using jsonio::count_in, jsonio::flag_in, jsonio::text_in;

Error unreadable(const std::string& what, const std::string& why) {
  return Error(Code::kInternal, what + " is not as expected: " + why);
}

Instance instance_of(const Json& one) {
  Instance out;
  out.id = text_in(one, "id");
  out.tier = text_in(one, "tier");
  out.zone = text_in(one, "zone");
  out.role = text_in(one, "role");
  out.address = text_in(one, "address");
  out.state = text_in(one, "state");
  out.port = static_cast<uint16_t>(count_in(one, "port"));
  out.pid = static_cast<int>(count_in(one, "pid"));
  out.epoch = count_in(one, "epoch");
  return out;
}

Result<std::vector<Hit>> hits_of(const std::string& body) {
  const auto answer = jsonio::parse_object(body);
  if (!answer) return unreadable("the fault's answer", answer.error().detail);
  const Json* hits = jsonio::find(*answer, "hits");
  if (!hits || !hits->is_array()) return unreadable("the fault's answer", body);
  std::vector<Hit> out;
  for (const Json& one : *hits) {
    out.push_back({text_in(one, "id"), static_cast<int>(count_in(one, "pid")),
                   count_in(one, "t_ns"), flag_in(one, "verified")});
  }
  return out;
}

Result<std::set<std::string>> read_replicas_in(const std::string& body) {
  const auto groups = jsonio::parse(body);
  if (!groups) return groups.error();
  std::set<std::string> out;
  for (const Json& group : *groups) {
    const auto members = jsonio::array(group, "members");
    if (!members) return members.error();
    for (const Json& one : **members) {
      const auto id = jsonio::text(one, "id");
      const auto replica = jsonio::flag(one, "read_replica", false);
      if (!id) return id.error();
      if (replica && *replica) out.insert(*id);
    }
  }
  return out;
}

}  // namespace

rt::Task<Result<std::string>> ControlApi::call(std::string method, std::string path,
                                               std::string body) {
  http::Request request(method, path, body);
  request.headers.set("Authorization", "Bearer " + token_);
  request.headers.set("Host", address_.text());
  if (!body.empty()) request.headers.set("Content-Type", "application/json");
  auto response = co_await client_.fetch(address_, std::move(request), timeout_ms_);
  if (!response) co_return response.error();
  if (!response->success()) co_return Error(Code::kConflict, path + ": " + response->body);
  co_return std::move(response->body);
}

rt::Task<Result<std::vector<Instance>>> ControlApi::instances() {
  const auto body = co_await call("GET", "/v1/instances", "");
  if (!body) co_return body.error();
  const auto list = jsonio::parse(*body);
  if (!list || !list->is_array()) co_return unreadable("/v1/instances", *body);
  std::vector<Instance> out;
  for (const Json& one : *list) out.push_back(instance_of(one));
  co_return out;
}

rt::Task<Health> ControlApi::health() {
  auto body = co_await call("GET", "/v1/health", "");
  Health out;
  if (!body) {
    out.reasons = body.error().text();
    co_return out;
  }
  const auto answer = jsonio::parse_object(*body);
  if (!answer) co_return out;
  out.healthy = flag_in(*answer, "healthy");
  for (const Json& reason : jsonio::items_in(*answer, "reasons")) {
    out.reasons += (out.reasons.empty() ? "" : "; ") + jsonio::shown(reason);
  }
  co_return out;
}

rt::Task<Result<Roster>> ControlApi::roster() {
  const auto plan = co_await call("GET", "/v1/plan", "");
  if (!plan) co_return plan.error();
  const auto groups = co_await call("GET", "/v1/groups", "");
  if (!groups) co_return groups.error();
  const auto replicas = read_replicas_in(*groups);
  if (!replicas) co_return replicas.error();
  const auto parsed = jsonio::parse_object(*plan);
  if (!parsed) co_return parsed.error();
  const auto instances = jsonio::array(*parsed, "instances");
  if (!instances) co_return instances.error();
  Roster out;
  for (const Json& one : **instances) {
    const auto id = jsonio::text(one, "id"), tier = jsonio::text(one, "tier"),
               program = jsonio::text(one, "program");
    if (!id || !tier || !program) co_return Error(Code::kInternal, "/v1/plan is not as expected");
    out.members.push_back({*id, *tier, *program, replicas->contains(*id)});
  }
  co_return out;
}

rt::Task<Result<std::vector<Event>>> ControlApi::events_since(uint64_t seq) {
  const auto body = co_await call("GET", "/v1/events?since=" + std::to_string(seq), "");
  if (!body) co_return body.error();
  std::vector<Event> out;
  for (size_t from = 0, end = 0; from < body->size(); from = end + 1) {
    end = std::min(body->find('\n', from), body->size());
    const auto one = jsonio::parse_object(std::string_view(*body).substr(from, end - from));
    if (!one) continue;
    out.push_back({count_in(*one, "seq"), count_in(*one, "t_ns"), text_in(*one, "kind"),
                   text_in(*one, "source"), text_in(*one, "target"), text_in(*one, "text")});
  }
  co_return out;
}

rt::Task<Result<std::vector<std::string>>> ControlApi::resolve(std::string target) {
  const auto body = co_await call("GET", "/v1/resolve?target=" + target, "");
  if (!body) co_return body.error();
  const auto answer = jsonio::parse(*body);
  std::vector<std::string> out;
  for (const Json& id : answer ? *answer : Json()) {
    if (id.is_string()) out.push_back(jsonio::text_or_empty(id));
  }
  co_return out;
}

rt::Task<std::map<std::string, uint64_t>> ControlApi::counters(std::string id) {
  std::map<std::string, uint64_t> out;
  auto body = co_await call("GET", "/v1/instances/" + id, "");
  if (!body) co_return out;
  const auto one = jsonio::parse_object(*body);
  if (!one) co_return out;
  const Json& counters = jsonio::members_in(*one, "counters");
  for (const auto& [name, value] : counters.items()) {
    if (value.is_number_unsigned()) out[name] = count_in(counters, name);
  }
  co_return out;
}

rt::Task<uint64_t> ControlApi::counter(std::string id, std::string name) {
  const auto all = co_await counters(id);
  const auto found = all.find(name);
  co_return found == all.end() ? 0 : found->second;
}

rt::Task<Result<MayConnect>> ControlApi::may_connect(std::string from, std::string to,
                                                     uint16_t port) {
  const std::string query = "?from=" + from + "&to=" + to + "&port=" + std::to_string(port);
  auto answer = co_await call("GET", "/v1/sg/check" + query, "");
  if (!answer) co_return answer.error();
  const auto verdict = jsonio::parse_object(*answer);
  if (!verdict) co_return unreadable("the verdict", *answer);
  co_return MayConnect{flag_in(*verdict, "allowed"), text_in(*verdict, "because")};
}

rt::Task<Result<std::vector<Hit>>> ControlApi::signal(std::string verb, std::string target) {
  const auto answer = co_await call("POST", "/v1/" + verb, jsonio::dump(Json{{"target", target}}));
  if (!answer) co_return answer.error();
  co_return hits_of(*answer);
}

rt::Task<Result<std::string>> ControlApi::cut(std::string a, std::string b, uint64_t for_ms,
                                              std::string owner) {
  const Json order = {{"kind", "cut"}, {"a", a}, {"b", b}, {"for_ms", for_ms}, {"owner", owner}};
  return place(jsonio::dump(order));
}

rt::Task<Result<std::string>> ControlApi::place(std::string order) {
  auto answer = co_await call("POST", "/v1/fault", std::move(order));
  if (!answer) co_return answer.error();
  const auto fault = jsonio::parse_object(*answer);
  if (!fault) co_return unreadable("the fault's answer", *answer);
  co_return text_in(*fault, "id");
}

rt::Task<Status> ControlApi::failover(std::string group, std::string to) {
  Json order = {{"group", group}};
  if (!to.empty()) order["to"] = to;
  const auto answer = co_await call("POST", "/v1/failover", jsonio::dump(order));
  if (!answer) co_return answer.error();
  co_return Status();
}

rt::Task<Result<std::vector<Hit>>> ControlApi::zone_down(std::string zone, uint64_t for_ms) {
  const auto answer = co_await order_zone(zone, "down", for_ms);
  if (!answer) co_return answer.error();
  co_return hits_of(*answer);
}

rt::Task<Result<std::string>> ControlApi::order_zone(std::string zone, std::string action,
                                                     uint64_t for_ms, uint64_t delay_ms) {
  const Json order = {
      {"zone", zone}, {"action", action}, {"for_ms", for_ms}, {"delay_ms", delay_ms}};
  return call("POST", "/v1/zone", jsonio::dump(order));
}

}  // namespace multiaz::chaos
