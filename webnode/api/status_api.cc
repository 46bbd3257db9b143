#include <nlohmann/json.hpp>

#include "webnode/api/routes.h"
#include "webnode/shop/counters.h"
#include "webnode/web/views.h"

namespace multiaz::webnode::api {

namespace {

const char* up_or_down(bool up) {
  return up ? "up" : "down";
}

}  // namespace

// An instance is healthy when it serves and has seen its tables once. The state of other tiers is
// shown but does not count, because a dead cache would take every web instance out of service.
rt::Task<http::Response> get_health(Shop& shop, Visit&) {
  const char* status = "ok";
  if (!shop.schema_seen) status = "starting";
  if (shop.draining) status = "draining";
  nlohmann::json parts = {{"cache", up_or_down(shop.cache.up())},
                          {"database", up_or_down(shop.db.primary().healthy())}};
  if (shop.db.replica() != nullptr) parts["replica"] = up_or_down(shop.db.replica()->healthy());
  nlohmann::json body = {{"status", status}, {"dependencies", std::move(parts)}};
  body["instance"] = shop.config.instance;
  body["zone"] = shop.config.zone;
  co_return json_answer(shop.schema_seen && !shop.draining ? 200 : 503, body);
}

// Metrics for Prometheus. They hold no secret; a load balancer need not forward them.
rt::Task<http::Response> get_metrics(Shop& shop, Visit&) {
  std::string text;
  for (const auto& [name, value] : shop_counters(shop)) {
    const std::string full = "webnode_" + name + "_total";
    text += "# TYPE " + full + " counter\n" + full + " " + std::to_string(value) + "\n";
  }
  const std::pair<const char*, bool> gauges[] = {
      {"webnode_cache_up", shop.cache.up()},
      {"webnode_database_up", shop.db.primary().healthy()},
      {"webnode_cache_circuit_open", shop.cache.circuit_open()},
      {"webnode_database_circuit_open", shop.db.primary().circuit_open()},
      {"webnode_draining", shop.draining}};
  for (const auto& [name, value] : gauges) {
    text += std::string("# TYPE ") + name + " gauge\n" + name + (value ? " 1\n" : " 0\n");
  }
  shop.request_log.append_metrics(text);
  co_return http::Response(200, std::move(text), "text/plain; version=0.0.4; charset=utf-8");
}

rt::Task<http::Response> get_whoami(Shop& shop, Visit&) {
  const nlohmann::json body = {{"instance", shop.config.instance}, {"zone", shop.config.zone}};
  co_return json_answer(200, body);
}

}  // namespace multiaz::webnode::api
