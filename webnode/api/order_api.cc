#include <nlohmann/json.hpp>

#include "webnode/api/routes.h"
#include "webnode/shop/orders.h"
#include "webnode/web/login.h"
#include "webnode/web/views.h"

namespace multiaz::webnode::api {

namespace {

constexpr int64_t kPageMax = 1'000'000;

// Keys are visible ASCII, so that they can be logged and compared byte by byte.
bool is_idempotency_key(std::string_view key) {
  if (key.size() < kIdempotencyKeyBytesMin || key.size() > kIdempotencyKeyBytesMax) return false;
  for (const char c : key) {
    if (c < '!' || c > '~') return false;
  }
  return true;
}

}  // namespace

// POST /api/checkout with Idempotency-Key
rt::Task<http::Response> post_checkout(Shop& shop, Visit& visit) {
  const Result<Fields> fields = json_body(visit.request);
  if (!fields) co_return api_error(fields.error());
  CheckoutRequest request;
  request.key = visit.request.header("Idempotency-Key");
  if (!is_idempotency_key(request.key)) {
    co_return api_error(refuse(Code::kInvalid, "invalid",
                               "The header Idempotency-Key must have 8 to 128 visible characters.",
                               "Idempotency-Key"));
  }
  Result<User> user = co_await require_user(shop, visit);
  if (!user) co_return api_error(user.error());
  request.user = std::move(*user);
  request.body = visit.request.body;
  const Result<CheckoutResult> done =
      co_await check_out(shop, visit.session, std::move(request), visit.until);
  co_await note_write(shop, visit);  // also after an order in doubt
  if (!done) co_return api_error(done.error());
  co_return json_answer(done->created ? 201 : 200, order_view(done->order));
}

// GET /api/orders?page=&page_size=
rt::Task<http::Response> get_orders(Shop& shop, Visit& visit) {
  Fields fields = Fields::from_form(visit.request.query);
  OrderPageWanted wanted;
  wanted.page = fields.optional_integer("page", 1, kPageMax, 1);
  wanted.page_size = fields.optional_integer("page_size", 1, kOrdersPageMax, kOrdersPageDefault);
  const Status valid = fields.status();
  if (!valid) co_return api_error(valid.error());
  const Result<User> user = co_await require_user(shop, visit);
  if (!user) co_return api_error(user.error());
  const auto found = co_await list_orders(shop, user->account, wanted, visit.wrote_at, visit.until);
  if (!found) co_return api_error(found.error());
  nlohmann::json list = nlohmann::json::array();
  for (const Order& order : found->orders) list.push_back(past_order_view(order));
  nlohmann::json body = {{"orders", std::move(list)}};
  body["page"] = wanted.page;
  body["page_size"] = wanted.page_size;
  if (found->more) body["next"] = next_page("/api/orders", visit.request.query, wanted.page);
  co_return json_answer(200, body);
}

rt::Task<http::Response> get_order(Shop& shop, Visit& visit) {
  const Result<User> user = co_await require_user(shop, visit);
  if (!user) co_return api_error(user.error());
  const std::string id(visit.request.param("id"));
  const Result<Order> order =
      co_await find_order(shop, user->account, id, visit.wrote_at, visit.until);
  if (!order) co_return api_error(order.error());
  co_return json_answer(200, past_order_view(*order));
}

}  // namespace multiaz::webnode::api
