#include "orchestrator/plan/balancer.h"

#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/jsonio.h"

namespace multiaz::orchestrator {

namespace {

uint16_t port_of(const Plan& plan) {
  const PlannedEndpoint* shop = plan.endpoint("shop");
  return shop ? shop->port : uint16_t{0};
}

// The keys of the text that concern what is always there.
std::string base_text(const std::string& balancer) {
  const auto parsed = jsonio::parse(balancer);
  nlohmann::json out = nlohmann::json::object();
  for (const char* key : {"lb.attributes", "web.attributes"}) {
    const nlohmann::json* value = parsed ? jsonio::find(*parsed, key) : nullptr;
    if (value) out[key] = *value;
  }
  return jsonio::dump(out);
}

}  // namespace

BalancerConfig read_balancer(const Config& config) {
  elb::Defaults defaults = elb::defaults_for_profile(config.profile);
  defaults.own_port = static_cast<uint16_t>(config.lb_port);
  defaults.web.health.path = config.web_health_path;
  defaults.web.attributes.stickiness = config.lb_stickiness;
  if (config.web_deregistration_ms != 0) {
    const auto delay_ms = static_cast<uint64_t>(config.web_deregistration_ms);
    defaults.web.attributes.deregistration_delay_ms = delay_ms;
  }
  const std::string text = config.balancer.empty() ? "{}" : config.balancer;
  elb::Reading base = elb::read_document(base_text(text), defaults, elb::Spelling::kToml);
  elb::Reading whole = elb::read_document(text, defaults, elb::Spelling::kToml);
  BalancerConfig out;
  out.base = std::move(base.document);
  out.document = std::move(whole.document);
  out.mistakes = std::move(whole.mistakes);
  return out;
}

void replace_balancer(const elb::Document& document, Plan& plan) {
  const elb::TargetGroup* web = document.group(elb::kWebGroup);
  CHECK_NOTE(web, "a document always has the group web");
  plan.balancer = elb::write_document(document);
  plan.asg.deregistration_ms = web->attributes.deregistration_delay_ms;
}

void plan_balancer(const Config& config, Plan& plan) {
  const BalancerConfig balancer = read_balancer(config);
  CHECK(balancer.mistakes.empty());  // check_config() made sure
  plan.balancer_base = elb::write_document(balancer.base);
  replace_balancer(balancer.document, plan);
  const PlannedEndpoint* shop = plan.endpoint("shop");
  CHECK(shop);
  const std::string address = shop->address;
  for (const elb::Listener& listener : balancer.document.listeners) {
    if (listener.port == 0) continue;
    const std::string name = "shop_" + std::to_string(listener.port);
    plan.endpoints.push_back({name, address, listener.port, false});
    for (PlannedInstance& one : plan.instances) {
      if (one.tier == "lb") one.listen.push_back(name);
    }
  }
}

Result<elb::Document> read_balancer_order(const Plan& plan, const std::string& json) {
  elb::Defaults defaults = elb::defaults_for_profile(plan.profile);
  defaults.own_port = port_of(plan);
  const elb::Reading base = elb::read_document(plan.balancer_base, defaults);
  defaults.attributes = base.document.attributes;
  if (const auto* web = base.document.group(elb::kWebGroup)) defaults.web = *web;
  elb::Reading reading = elb::read_document(json, defaults);
  if (!reading.mistakes.empty()) return Error(Code::kInvalid, elb::text_of(reading.mistakes));
  const PlannedEndpoint* https = plan.endpoint("shop_https");
  for (const elb::Listener& one : reading.document.listeners) {
    if (!https || one.port != https->port) continue;
    return Error(Code::kInvalid,
                 "Listeners: HTTPS has port " + std::to_string(one.port) + " already");
  }
  return std::move(reading.document);
}

}  // namespace multiaz::orchestrator
