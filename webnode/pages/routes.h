// MyClothes.com as pages: its handlers and the one table of its routes. No page needs JavaScript.
#pragma once

#include <span>

#include "webnode/web/visit.h"

namespace multiaz::webnode {

std::span<const WebRoute> page_routes();

namespace pages {

// browse_pages.cc
rt::Task<http::Response> home(Shop& shop, Visit& visit);
rt::Task<http::Response> list(Shop& shop, Visit& visit);
rt::Task<http::Response> product(Shop& shop, Visit& visit);
// cart_pages.cc
rt::Task<http::Response> cart(Shop& shop, Visit& visit);
rt::Task<http::Response> add_to_cart(Shop& shop, Visit& visit);
rt::Task<http::Response> change_in_cart(Shop& shop, Visit& visit);
rt::Task<http::Response> remove_from_cart(Shop& shop, Visit& visit);
// account_pages.cc
rt::Task<http::Response> register_form(Shop& shop, Visit& visit);
rt::Task<http::Response> do_register(Shop& shop, Visit& visit);
rt::Task<http::Response> login_form(Shop& shop, Visit& visit);
rt::Task<http::Response> do_login(Shop& shop, Visit& visit);
rt::Task<http::Response> do_logout(Shop& shop, Visit& visit);
rt::Task<http::Response> account(Shop& shop, Visit& visit);
rt::Task<http::Response> save_address(Shop& shop, Visit& visit);
// order_pages.cc
rt::Task<http::Response> checkout_form(Shop& shop, Visit& visit);
rt::Task<http::Response> do_checkout(Shop& shop, Visit& visit);
rt::Task<http::Response> orders(Shop& shop, Visit& visit);
rt::Task<http::Response> order(Shop& shop, Visit& visit);
// static_files.cc
rt::Task<http::Response> style(Shop& shop, Visit& visit);
rt::Task<http::Response> image(Shop& shop, Visit& visit);
rt::Task<http::Response> icon(Shop& shop, Visit& visit);

}  // namespace pages

}  // namespace multiaz::webnode
