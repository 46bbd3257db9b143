#include <nlohmann/json.hpp>

#include "webnode/api/routes.h"
#include "webnode/web/views.h"

namespace multiaz::webnode::api {

namespace {

const char* up_or_down(bool up) {
  return up ? "up" : "down";
}

}  // namespace

// Healthy means: this process serves and has seen its tables once. The state of other tiers is
// told but does not count, or a dead cache would take every web instance out of service.
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

rt::Task<http::Response> get_whoami(Shop& shop, Visit&) {
  const nlohmann::json body = {{"instance", shop.config.instance}, {"zone", shop.config.zone}};
  co_return json_answer(200, body);
}

}  // namespace multiaz::webnode::api
