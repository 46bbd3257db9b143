// Routes of the security groups.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "orchestrator/api/api.h"

namespace multiaz::orchestrator {

namespace {

using SgJson = nlohmann::ordered_json;

Result<sg::Rule> rule_of(const nlohmann::json& body) {
  sg::Rule out;
  const auto group = text_of(body, "group", nullptr);
  if (!group) return group.error();
  const auto source = text_of(body, "source", nullptr);
  if (!source) return source.error();
  const auto low = number_of(body, "port", 0, UINT16_MAX);
  if (!low) return low.error();
  const auto high = number_of(body, "port_high", *low, UINT16_MAX);
  if (!high) return high.error();
  out.group = *group;
  out.source = *source;
  out.port_low = static_cast<uint16_t>(*low);
  out.port_high = static_cast<uint16_t>(*high);
  const auto why = text_of(body, "why", "");
  if (!why) return why.error();
  out.why = *why;
  return out;
}

}  // namespace

rt::Task<http::Response> get_sg(Api& api, http::Request) {
  SgJson out = SgJson::array();
  for (const std::string& group : api.security.groups()) {
    SgJson item;
    item["group"] = group;
    item["members"] = SgJson::array();
    for (const auto& [id, one] : api.cluster.instances()) {
      if (sg::group_of_tier(one.tier) == group) item["members"].push_back(id);
    }
    item["inbound"] = SgJson::array();
    for (const sg::Rule& rule : api.security.rules()) {
      if (rule.group != group) continue;
      SgJson each;
      each["port_low"] = rule.port_low;
      each["port_high"] = rule.port_high;
      each["source"] = rule.source;
      each["why"] = rule.why;
      item["inbound"].push_back(std::move(each));
    }
    out.push_back(std::move(item));
  }
  co_return api_json(out);
}

rt::Task<http::Response> get_sg_check(Api& api, http::Request request) {
  const std::string port = request.query.get("port", "");
  const uint64_t number = std::strtoull(port.c_str(), nullptr, 10);
  if (number == 0 || number > 65535) {
    co_return api_error(Error(Code::kInvalid, "port goes from 1 to 65535, not '" + port + "'"));
  }
  const auto verdict = api.security.check(
      request.query.get("from", ""), request.query.get("to", ""), static_cast<uint16_t>(number));
  if (!verdict) co_return api_error(verdict.error());
  SgJson out;
  out["allowed"] = verdict->allowed;
  out["because"] = verdict->because;
  co_return api_json(out);
}

rt::Task<http::Response> post_sg(Api& api, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return api_error(body.error());
  const auto action = text_of(*body, "action", nullptr);
  if (!action) co_return api_error(action.error());
  auto rule = rule_of(*body);
  if (!rule) co_return api_error(rule.error());
  Status done = Error(Code::kInvalid, "\"action\" is authorize or revoke, not '" + *action + "'");
  if (*action == "authorize") done = api.security.authorize(std::move(*rule));
  if (*action == "revoke") done = api.security.revoke(*rule);
  co_return done ? http::json_response(200, "{\"ok\":true}\n") : api_error(done.error());
}

}  // namespace multiaz::orchestrator
