#include "webnode/pages/routes.h"

namespace multiaz::webnode {

namespace {

constexpr WebRoute kRoutes[] = {
    {"GET", "/", pages::home, true},
    {"GET", "/shop", pages::list, true},
    {"GET", "/product/:id", pages::product, true},
    {"GET", "/cart", pages::cart, true},
    {"POST", "/cart/add", pages::add_to_cart, true},
    {"POST", "/cart/change", pages::change_in_cart, true},
    {"POST", "/cart/remove", pages::remove_from_cart, true},
    {"GET", "/register", pages::register_form, true},
    {"POST", "/register", pages::do_register, true},
    {"GET", "/login", pages::login_form, true},
    {"POST", "/login", pages::do_login, true},
    {"POST", "/logout", pages::do_logout, true},
    {"GET", "/account", pages::account, true},
    {"POST", "/account/address", pages::save_address, true},
    {"GET", "/checkout", pages::checkout_form, true},
    {"POST", "/checkout", pages::do_checkout, true},
    {"GET", "/orders", pages::orders, true},
    {"GET", "/orders/:id", pages::order, true},
    {"GET", "/style.css", pages::style},
    {"GET", "/images/:file", pages::image},
    {"GET", "/favicon.svg", pages::icon},
    {"GET", "/favicon.ico", pages::icon},
};

}  // namespace

std::span<const WebRoute> page_routes() {
  return kRoutes;
}

}  // namespace multiaz::webnode
