#include <nlohmann/json.hpp>

#include "base/core/random.h"
#include "webnode/pages/page_views.h"
#include "webnode/pages/render.h"
#include "webnode/pages/routes.h"
#include "webnode/web/login.h"

namespace multiaz::webnode::pages {

namespace {

using nlohmann::json;

constexpr int64_t kPageMax = 1'000'000;

std::string orders_link(int64_t page) {
  return page > 1 ? "/orders?page=" + std::to_string(page) : "/orders";
}

http::Response no_user(const Shop& shop, const Visit& visit, const Error& error,
                       std::string_view next) {
  if (error.code != Code::kDenied) return error_page(shop, visit, error);
  return http::redirect_response("/login?next=" + wire::percent_encode(next));
}

// The key was made when the form was shown, so pressing the button twice makes one order.
CheckoutRequest checkout_request(User user, std::string key) {
  CheckoutRequest request;
  request.user = std::move(user);
  request.key = std::move(key);
  return request;
}

}  // namespace

rt::Task<http::Response> checkout_form(Shop& shop, Visit& visit) {
  const Result<User> user = co_await require_user(shop, visit);
  if (!user) co_return no_user(shop, visit, user.error(), "/checkout");
  const Result<Cart> cart = co_await load_cart(shop, visit.session, visit.until);
  if (!cart) co_return error_page(shop, visit, cart.error());
  if (cart->lines.empty()) co_return http::redirect_response("/cart");
  const auto address = co_await load_address(shop, user->account, visit.wrote_at, visit.until);
  if (!address) co_return error_page(shop, visit, address.error());
  json data = cart_page_view(*cart);
  data["key"] = "page-" + secret_hex(16);
  data["address"] = false;
  if (*address) data["address"] = address_view(**address);
  Page page;
  page.body = "checkout";
  page.title = "Check out";
  http::Response response = co_await show_page(shop, visit, std::move(page), std::move(data));
  co_return response;
}

rt::Task<http::Response> do_checkout(Shop& shop, Visit& visit) {
  Result<Fields> fields = form_body(shop, visit);
  if (!fields) co_return error_page(shop, visit, fields.error());
  const std::string key = fields->text("key", kIdempotencyKeyBytesMin, kIdempotencyKeyBytesMax);
  const Status valid = fields->status();
  if (!valid) co_return error_page(shop, visit, valid.error());
  Result<User> user = co_await require_user(shop, visit);
  if (!user) co_return no_user(shop, visit, user.error(), "/checkout");
  const Result<CheckoutResult> done =
      co_await check_out(shop, visit.session, checkout_request(std::move(*user), key), visit.until);
  co_await note_write(shop, visit);
  if (!done) co_return error_page(shop, visit, done.error());
  co_return http::redirect_response("/orders/" + done->order.id + "?done=ordered");
}

// GET /orders?page=
rt::Task<http::Response> orders(Shop& shop, Visit& visit) {
  Fields fields = Fields::from_form(visit.request.query);
  OrderPageWanted wanted;
  wanted.page = fields.optional_integer("page", 1, kPageMax, 1);
  const Status valid = fields.status();
  if (!valid) co_return error_page(shop, visit, valid.error());
  const Result<User> user = co_await require_user(shop, visit);
  if (!user) co_return no_user(shop, visit, user.error(), "/orders");
  const auto found = co_await list_orders(shop, user->account, wanted, visit.wrote_at, visit.until);
  if (!found) co_return error_page(shop, visit, found.error());
  json list = json::array();
  for (const Order& order : found->orders) list.push_back(order_page_view(order));
  json data = {{"orders", std::move(list)},
               {"empty", found->orders.empty()},
               {"several", found->more || wanted.page > 1},
               {"previous", false},
               {"next", false}};
  if (wanted.page > 1) data["previous"] = orders_link(wanted.page - 1);
  if (found->more) data["next"] = orders_link(wanted.page + 1);
  Page page;
  page.body = "orders";
  page.title = "Your orders";
  http::Response response = co_await show_page(shop, visit, std::move(page), std::move(data));
  co_return response;
}

rt::Task<http::Response> order(Shop& shop, Visit& visit) {
  const Result<User> user = co_await require_user(shop, visit);
  if (!user) co_return no_user(shop, visit, user.error(), "/orders");
  const std::string id(visit.request.param("id"));
  const Result<Order> found =
      co_await find_order(shop, user->account, id, visit.wrote_at, visit.until);
  if (!found) co_return error_page(shop, visit, found.error());
  json data = order_page_view(*found);
  data["fresh"] = visit.request.query.get("done") == "ordered";
  Page page;
  page.body = "order";
  page.title = "Order " + found->id;
  http::Response response = co_await show_page(shop, visit, std::move(page), std::move(data));
  co_return response;
}

}  // namespace multiaz::webnode::pages
