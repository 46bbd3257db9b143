#include <nlohmann/json.hpp>

#include "webnode/api/routes.h"
#include "webnode/shop/cart.h"
#include "webnode/web/views.h"

namespace multiaz::webnode::api {

namespace {

nlohmann::json op_view(const std::string& op) {
  return op.empty() ? nlohmann::json(nullptr) : nlohmann::json(op);
}

Error bad_line_id() {
  return refuse(Code::kInvalid, "invalid", "line must be 1 to 64 of A-Z a-z 0-9 _ -.", "line");
}

}  // namespace

rt::Task<http::Response> get_cart(Shop& shop, Visit& visit) {
  const Result<Cart> cart = co_await load_cart(shop, visit.session, visit.until);
  if (!cart) co_return api_error(cart.error());
  co_return json_answer(200, cart_view(*cart));
}

// POST /api/cart/lines {"line"?, "product", "size", "qty", "op"?}
rt::Task<http::Response> post_line(Shop& shop, Visit& visit) {
  Result<Fields> fields = json_body(visit.request);
  if (!fields) co_return api_error(fields.error());
  NewLine wanted;
  wanted.line = fields->optional_token("line");
  wanted.product = fields->integer("product", 1, INT64_MAX);
  wanted.size = fields->text("size", 1, 16);
  wanted.qty = fields->integer("qty", 1, kLineQtyMax);
  wanted.op = fields->optional_token("op");
  const Status valid = fields->status();
  if (!valid) co_return api_error(valid.error());
  const Result<AddedLine> added =
      co_await add_line(shop, visit.session, std::move(wanted), visit.until);
  if (!added) co_return api_error(added.error());
  const nlohmann::json body = {{"line", added->line.line}, {"op", op_view(added->line.op)}};
  co_return json_answer(added->created ? 201 : 200, body);
}

// PUT /api/cart/lines/:line {"qty", "op"?}
rt::Task<http::Response> put_line(Shop& shop, Visit& visit) {
  const std::string line(visit.request.param("line"));
  if (!is_token(line)) co_return api_error(bad_line_id());
  Result<Fields> fields = json_body(visit.request);
  if (!fields) co_return api_error(fields.error());
  const int64_t qty = fields->integer("qty", 1, kLineQtyMax);
  const std::string op = fields->optional_token("op");
  const Status valid = fields->status();
  if (!valid) co_return api_error(valid.error());
  const Result<CartLine> changed =
      co_await change_line(shop, visit.session, line, qty, op, visit.until);
  if (!changed) co_return api_error(changed.error());
  const nlohmann::json body = {
      {"line", changed->line}, {"qty", changed->qty}, {"op", op_view(changed->op)}};
  co_return json_answer(200, body);
}

// DELETE /api/cart/lines/:line
rt::Task<http::Response> delete_line(Shop& shop, Visit& visit) {
  const std::string line(visit.request.param("line"));
  if (!is_token(line)) co_return api_error(bad_line_id());
  const Result<bool> removed = co_await remove_line(shop, visit.session, line, visit.until);
  if (!removed) co_return api_error(removed.error());
  const nlohmann::json body = {{"deleted", *removed}};
  co_return json_answer(200, body);
}

}  // namespace multiaz::webnode::api
