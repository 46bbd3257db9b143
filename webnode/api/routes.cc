#include "webnode/api/routes.h"

namespace multiaz::webnode {

namespace {

constexpr WebRoute kRoutes[] = {
    {"GET", "/api/products", api::list_products},
    {"GET", "/api/products/:id", api::get_product},
    {"GET", "/api/cart", api::get_cart, true},
    {"POST", "/api/cart/lines", api::post_line, true},
    {"PUT", "/api/cart/lines/:line", api::put_line, true},
    {"DELETE", "/api/cart/lines/:line", api::delete_line, true},
    {"POST", "/api/register", api::post_register, true},
    {"POST", "/api/login", api::post_login, true},
    {"POST", "/api/logout", api::post_logout, true},
    {"GET", "/api/me", api::get_me, true},
    {"GET", "/api/address", api::get_address, true},
    {"PUT", "/api/address", api::put_address, true},
    {"POST", "/api/checkout", api::post_checkout, true},
    {"GET", "/api/orders", api::get_orders, true},
    {"GET", "/api/orders/:id", api::get_order, true},
    {"GET", "/api/whoami", api::get_whoami},
    {"GET", "/health", api::get_health},
    {"GET", "/metrics", api::get_metrics},
};

}  // namespace

std::span<const WebRoute> api_routes() {
  return kRoutes;
}

}  // namespace multiaz::webnode
