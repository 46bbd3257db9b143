// Routes of the hosted zone.
#include <nlohmann/json.hpp>

#include "orchestrator/api.h"

namespace multiaz::orchestrator {

namespace {

using Json = nlohmann::ordered_json;

// The one item of a list that was written as an object.
Result<dns::Additions> one_of(const char* list, const nlohmann::json& item) {
  nlohmann::json wrapped;
  wrapped[list] = nlohmann::json::array({item});
  return dns::additions_from_json(wrapped.dump());
}

Status change(Api& api, const nlohmann::json& body) {
  if (body.contains("record")) {
    auto one = one_of("records", body["record"]);
    if (!one) return one.error();
    return api.dns.put_record(std::move(one->records.at(0)));
  }
  if (body.contains("check")) {
    auto one = one_of("checks", body["check"]);
    if (!one) return one.error();
    return api.dns.put_check(std::move(one->checks.at(0)));
  }
  if (body.contains("delete_record")) {
    const auto& what = body["delete_record"];
    const auto type = dns::type_from(what.value("type", "A"));
    if (!type) return type.error();
    return api.dns.delete_record(what.value("name", ""), *type, what.value("set_identifier", ""));
  }
  if (body.contains("delete_check")) return api.dns.delete_check(body["delete_check"]);
  return Error(Code::kInvalid, "one of record, check, delete_record, delete_check is needed");
}

}  // namespace

rt::Task<http::Response> get_dns(Api& api, http::Request) {
  Json out = Json::parse(dns::additions_to_json(api.dns.added()));
  const PlannedInstance* server = api.cluster.plan().instance("dns-1");
  out["origin"] = "multiaz.test";
  out["server"] = server ? Json(server->address + ":" + std::to_string(server->port)) : Json();
  co_return http::json_response(200, out.dump() + "\n");
}

rt::Task<http::Response> post_dns(Api& api, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return api_error(body.error());
  Status done;
  try {
    done = change(api, *body);
  } catch (const nlohmann::json::exception& error) {
    done = Error(Code::kInvalid, error.what());
  }
  co_return done ? http::json_response(200, "{\"ok\":true}\n") : api_error(done.error());
}

}  // namespace multiaz::orchestrator
