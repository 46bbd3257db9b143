#include <nlohmann/json.hpp>

#include "webnode/api/routes.h"
#include "webnode/shop/products.h"
#include "webnode/web/views.h"

namespace multiaz::webnode::api {

namespace {

constexpr int64_t kPageMax = 1'000'000;

}  // namespace

// GET /api/products?q=&category=&page=&page_size=
rt::Task<http::Response> list_products(Shop& shop, Visit& visit) {
  Fields fields = Fields::from_form(visit.request.query);
  ProductQuery query;
  query.words = fields.optional_text("q", kSearchBytesMax);
  query.category = fields.optional_text("category", kTokenBytesMax);
  query.page = fields.optional_integer("page", 1, kPageMax, 1);
  query.page_size = fields.optional_integer("page_size", 1, kPageSizeMax, kPageSizeDefault);
  const Status valid = fields.status();
  if (!valid) co_return api_error(valid.error());
  const Result<ProductPage> page = co_await find_products(shop, std::move(query), visit.until);
  if (!page) co_return api_error(page.error());
  nlohmann::json list = nlohmann::json::array();
  for (const Product& product : page->products) list.push_back(product_view(product));
  nlohmann::json body = {{"products", std::move(list)}, {"total", page->total}};
  body["page"] = page->page;
  body["page_size"] = page->page_size;
  if (page->page * page->page_size < page->total) {
    body["next"] = next_page("/api/products", visit.request.query, page->page);
  }
  co_return json_answer(200, body);
}

// GET /api/products/:id
rt::Task<http::Response> get_product(Shop& shop, Visit& visit) {
  const int64_t id = id_param(visit.request);
  const Result<ProductStock> found = co_await find_product(shop, id, visit.until);
  if (!found) co_return api_error(found.error());
  co_return json_answer(200, stock_view(*found));
}

}  // namespace multiaz::webnode::api
