// The JSON API: its handlers and the one table of its routes.
#pragma once

#include <span>

#include "webnode/web/visit.h"

namespace multiaz::webnode {

std::span<const WebRoute> api_routes();

namespace api {

// product_api.cc
rt::Task<http::Response> list_products(Shop& shop, Visit& visit);
rt::Task<http::Response> get_product(Shop& shop, Visit& visit);
// cart_api.cc
rt::Task<http::Response> get_cart(Shop& shop, Visit& visit);
rt::Task<http::Response> post_line(Shop& shop, Visit& visit);
rt::Task<http::Response> put_line(Shop& shop, Visit& visit);
rt::Task<http::Response> delete_line(Shop& shop, Visit& visit);
// account_api.cc
rt::Task<http::Response> post_register(Shop& shop, Visit& visit);
rt::Task<http::Response> post_login(Shop& shop, Visit& visit);
rt::Task<http::Response> post_logout(Shop& shop, Visit& visit);
rt::Task<http::Response> get_me(Shop& shop, Visit& visit);
rt::Task<http::Response> get_address(Shop& shop, Visit& visit);
rt::Task<http::Response> put_address(Shop& shop, Visit& visit);
// order_api.cc
rt::Task<http::Response> post_checkout(Shop& shop, Visit& visit);
rt::Task<http::Response> get_orders(Shop& shop, Visit& visit);
rt::Task<http::Response> get_order(Shop& shop, Visit& visit);
// status_api.cc
rt::Task<http::Response> get_health(Shop& shop, Visit& visit);
rt::Task<http::Response> get_metrics(Shop& shop, Visit& visit);
rt::Task<http::Response> get_whoami(Shop& shop, Visit& visit);

}  // namespace api

}  // namespace multiaz::webnode
