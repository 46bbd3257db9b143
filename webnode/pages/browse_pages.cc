#include <algorithm>

#include <nlohmann/json.hpp>

#include "webnode/pages/page_views.h"
#include "webnode/pages/render.h"
#include "webnode/pages/routes.h"
#include "webnode/shop/products.h"

namespace multiaz::webnode::pages {

namespace {

using nlohmann::json;

constexpr int64_t kHomeProducts = 12;
// how many windows of the catalogue the home page rotates through
constexpr int64_t kDaysShown = 80;
constexpr int64_t kPageMax = 1'000'000;

std::string list_link(const ProductQuery& query, int64_t page) {
  http::FormPairs pairs;
  if (!query.words.empty()) pairs.add("q", query.words);
  if (!query.category.empty()) pairs.add("category", query.category);
  if (page > 1) pairs.add("page", std::to_string(page));
  return pairs.size() == 0 ? "/shop" : "/shop?" + wire::encode_form(pairs);
}

std::string list_title(const ProductQuery& query) {
  if (!query.words.empty()) return "Search: " + query.words;
  for (const Category& category : categories()) {
    if (category.name == query.category) return std::string(category.title);
  }
  return "All clothes";
}

json cards(const ProductPage& page) {
  json list = json::array();
  for (const Product& product : page.products) list.push_back(product_card(product));
  return list;
}

json list_data(const ProductQuery& query, const ProductPage& page) {
  const int64_t pages = std::max<int64_t>(1, (page.total + page.page_size - 1) / page.page_size);
  json data = {{"title", list_title(query)}, {"products", cards(page)}, {"total", page.total},
               {"one", page.total == 1},     {"page", page.page},       {"pages", pages},
               {"previous", false},          {"next", false},           {"several", pages > 1}};
  if (page.page > 1) data["previous"] = list_link(query, page.page - 1);
  if (page.page < pages) data["next"] = list_link(query, page.page + 1);
  return data;
}

json sizes_data(const ProductStock& found) {
  json sizes = json::array();
  for (const std::string& size : found.product.sizes) {
    const auto stock = found.stock.find(size);
    const int64_t qty = stock == found.stock.end() ? 0 : stock->second;
    sizes.push_back({{"size", size}, {"sold_out", qty == 0}, {"few", qty > 0 && qty < 10}});
    sizes.back()["left"] = qty;
  }
  return sizes;
}

}  // namespace

rt::Task<http::Response> home(Shop& shop, Visit& visit) {
  ProductQuery query;
  query.page_size = kHomeProducts;
  query.page = 1 + wall_now_ms() / 86'400'000 % kDaysShown;  // another dozen of products every day
  const Result<ProductPage> found = co_await find_products(shop, query, visit.until);
  if (!found) co_return error_page(shop, visit, found.error());
  json data = {{"products", cards(*found)}};
  Page page;
  page.body = "home";
  page.title = "Clothes that stay";
  http::Response response = co_await show_page(shop, visit, std::move(page), std::move(data));
  co_return response;
}

// GET /shop?q=&category=&page=
rt::Task<http::Response> list(Shop& shop, Visit& visit) {
  Fields fields = Fields::from_form(visit.request.query);
  ProductQuery query;
  query.words = fields.optional_text("q", kSearchBytesMax);
  query.category = fields.optional_text("category", kTokenBytesMax);
  query.page = fields.optional_integer("page", 1, kPageMax, 1);
  const Status valid = fields.status();
  if (!valid) co_return error_page(shop, visit, valid.error());
  const Result<ProductPage> found = co_await find_products(shop, query, visit.until);
  if (!found) co_return error_page(shop, visit, found.error());
  Page page;
  page.body = "list";
  page.title = list_title(query);
  http::Response response =
      co_await show_page(shop, visit, std::move(page), list_data(query, *found));
  co_return response;
}

rt::Task<http::Response> product(Shop& shop, Visit& visit) {
  const int64_t id = id_param(visit.request);
  const Result<ProductStock> found = co_await find_product(shop, id, visit.until);
  if (!found) co_return error_page(shop, visit, found.error());
  json data = product_card(found->product);
  data["description"] = found->product.description;
  data["sizes"] = sizes_data(*found);
  data["one_size"] = found->product.sizes.size() == 1;
  Page page;
  page.body = "product";
  page.title = found->product.name;
  http::Response response = co_await show_page(shop, visit, std::move(page), std::move(data));
  co_return response;
}

}  // namespace multiaz::webnode::pages
