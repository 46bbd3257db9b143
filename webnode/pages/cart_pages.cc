#include <nlohmann/json.hpp>

#include "webnode/pages/page_views.h"
#include "webnode/pages/render.h"
#include "webnode/pages/routes.h"
#include "webnode/shop/cart.h"

namespace multiaz::webnode::pages {

namespace {

// The outcome before a redirect, coded as a word in the query.
struct Notice {
  std::string_view word, text;
};
constexpr Notice kNotices[] = {
    {"added", "It is in your cart."},
    {"changed", "Your cart is up to date."},
    {"removed", "It is out of your cart."},
};

std::string_view notice_text(std::string_view word) {
  for (const Notice& notice : kNotices) {
    if (notice.word == word) return notice.text;
  }
  return "";
}

}  // namespace

rt::Task<http::Response> cart(Shop& shop, Visit& visit) {
  const Result<Cart> found = co_await load_cart(shop, visit.session, visit.until);
  if (!found) co_return error_page(shop, visit, found.error());
  nlohmann::json data = cart_page_view(*found);
  const std::string_view notice = notice_text(visit.request.query.get("done"));
  if (!notice.empty()) data["notice"] = notice;
  Page page;
  page.body = "cart";
  page.title = "Your cart";
  http::Response response = co_await show_page(shop, visit, std::move(page), std::move(data));
  co_return response;
}

rt::Task<http::Response> add_to_cart(Shop& shop, Visit& visit) {
  Result<Fields> fields = form_body(shop, visit);
  if (!fields) co_return error_page(shop, visit, fields.error());
  NewLine wanted;
  wanted.line = fields->optional_token("line");
  wanted.product = fields->integer("product", 1, INT64_MAX);
  wanted.size = fields->text("size", 1, 16);
  wanted.qty = fields->integer("qty", 1, kLineQtyMax);
  const Status valid = fields->status();
  if (!valid) co_return error_page(shop, visit, valid.error());
  const Result<AddedLine> added =
      co_await add_line(shop, visit.session, std::move(wanted), visit.until);
  if (!added) co_return error_page(shop, visit, added.error());
  co_return http::redirect_response("/cart?done=added");
}

rt::Task<http::Response> change_in_cart(Shop& shop, Visit& visit) {
  Result<Fields> fields = form_body(shop, visit);
  if (!fields) co_return error_page(shop, visit, fields.error());
  const std::string line = fields->optional_token("line");
  const int64_t qty = fields->integer("qty", 1, kLineQtyMax);
  const Status valid = fields->status();
  if (!valid) co_return error_page(shop, visit, valid.error());
  const Result<CartLine> changed =
      co_await change_line(shop, visit.session, line, qty, "", visit.until);
  if (!changed) co_return error_page(shop, visit, changed.error());
  co_return http::redirect_response("/cart?done=changed");
}

rt::Task<http::Response> remove_from_cart(Shop& shop, Visit& visit) {
  Result<Fields> fields = form_body(shop, visit);
  if (!fields) co_return error_page(shop, visit, fields.error());
  const std::string line = fields->optional_token("line");
  const Status valid = fields->status();
  if (!valid) co_return error_page(shop, visit, valid.error());
  const Result<bool> removed = co_await remove_line(shop, visit.session, line, visit.until);
  if (!removed) co_return error_page(shop, visit, removed.error());
  co_return http::redirect_response("/cart?done=removed");
}

}  // namespace multiaz::webnode::pages
