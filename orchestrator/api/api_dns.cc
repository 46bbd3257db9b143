// Routes of the hosted zone.
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "orchestrator/api/api.h"

namespace multiaz::orchestrator {

namespace {

using Json = nlohmann::ordered_json;

// Reads one record or check, which the body has as an object, as a list with one item.
Result<dns::Additions> one_of(const char* list, const nlohmann::json& item) {
  nlohmann::json wrapped;
  wrapped[list] = nlohmann::json::array({item});
  auto read = dns::additions_from_json(jsonio::dump(wrapped));
  if (!read) return Error(Code::kInvalid, read.error().detail);
  return read;
}

Status change(Api& api, const nlohmann::json& body) {
  if (const nlohmann::json* record = jsonio::find(body, "record")) {
    auto one = one_of("records", *record);
    if (!one) return one.error();
    return api.dns.put_record(std::move(one->records.front()));
  }
  if (const nlohmann::json* check = jsonio::find(body, "check")) {
    auto one = one_of("checks", *check);
    if (!one) return one.error();
    return api.dns.put_check(std::move(one->checks.front()));
  }
  if (const nlohmann::json* which = jsonio::find(body, "delete_record")) {
    std::string name, type_word = "A", set_identifier;
    jsonio::Fields<nlohmann::json> in(*which);
    in.need("name", name).may("type", type_word).may("set_identifier", set_identifier);
    if (!in.ok()) return Error(Code::kInvalid, "\"delete_record\": " + in.error().detail);
    const auto type = dns::type_from(type_word);
    if (!type) return type.error();
    return api.dns.delete_record(name, *type, set_identifier);
  }
  if (body.contains("delete_check")) {
    const auto id = text_of(body, "delete_check", nullptr);
    return id ? api.dns.delete_check(*id) : id.error();
  }
  return Error(Code::kInvalid, "one of record, check, delete_record, delete_check is needed");
}

}  // namespace

rt::Task<http::Response> get_dns(Api& api, http::Request) {
  Json out = dns::additions_json(api.dns.added());
  const PlannedInstance* server = api.cluster.plan().instance("dns-1");
  out["origin"] = "multiaz.test";
  out["server"] = server ? Json(server->address + ":" + std::to_string(server->port)) : Json();
  co_return api_json(out);
}

rt::Task<http::Response> post_dns(Api& api, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return api_error(body.error());
  const Status done = change(api, *body);
  co_return done ? http::json_response(200, "{\"ok\":true}\n") : api_error(done.error());
}

}  // namespace multiaz::orchestrator
