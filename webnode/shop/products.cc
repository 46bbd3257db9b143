#include "webnode/shop/products.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/jsonio.h"
#include "webnode/shop/refusal.h"
#include "webnode/shop/text.h"

namespace multiaz::webnode {

namespace {

constexpr const char* kColumns = "id, name, category, colour, sizes, price_cents, description";

Product read_product(const Rows& rows, size_t row) {
  Product product;
  product.id = rows.number(row, 0);
  product.name = rows.text(row, 1);
  product.category = rows.text(row, 2);
  product.colour = rows.text(row, 3);
  product.sizes = split_sizes(rows.view(row, 4));
  product.price_cents = rows.number(row, 5);
  product.description = rows.text(row, 6);
  return product;
}

std::vector<std::string> search_words(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : lower_ascii(std::string(text.substr(0, kSearchBytesMax)))) {
    if (c != ' ' && c != '\t') {
      words.back() += c;
    } else if (!words.back().empty()) {
      if (words.size() == kSearchWordsMax) break;
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

// A pattern for LIKE with '!' as the escape character.
std::string like_pattern(const std::string& word) {
  std::string out = "%";
  for (const char c : word) {
    if (c == '%' || c == '_' || c == '!') out += '!';
    out += c;
  }
  return out + "%";
}

std::string where_clause(const ProductQuery& query, Params& params) {
  std::string where;
  const auto add = [&](std::string_view condition, std::string value) {
    params.emplace_back(std::move(value));
    where += where.empty() ? " WHERE " : " AND ";
    where += std::string(condition) + "$" + std::to_string(params.size());
  };
  if (!query.category.empty()) add("category = ", query.category);
  for (const std::string& word : search_words(query.words)) {
    add("search LIKE ", like_pattern(word));
    where += " ESCAPE '!'";
  }
  return where;
}

// --- products in the cache

using nlohmann::json;

json to_json(const Product& product) {
  return {product.id,    product.name,        product.category,   product.colour,
          product.sizes, product.price_cents, product.description};
}

// The cache may hold a value of another version of the shop or of another program: nullopt then.
std::optional<Product> product_from(const json& in) {
  constexpr size_t kParts = 7;
  if (!in.is_array() || in.size() != kParts) return std::nullopt;
  std::vector<const json*> parts;
  for (const json& part : in) parts.push_back(&part);
  if (!parts[4]->is_array()) return std::nullopt;
  Product product;
  const std::pair<size_t, std::string*> texts[] = {
      {1, &product.name}, {2, &product.category}, {3, &product.colour}, {6, &product.description}};
  for (const auto& [at, to] : texts) {
    if (!parts[at]->is_string()) return std::nullopt;
    *to = jsonio::text_or_empty(*parts[at]);
  }
  for (const json& size : *parts[4]) {
    if (!size.is_string()) return std::nullopt;
    product.sizes.push_back(jsonio::text_or_empty(size));
  }
  const json numbers = {{"id", *parts[0]}, {"price", *parts[5]}};
  const auto id = jsonio::integer(numbers, "id", 0, INT64_MAX);
  const auto price = jsonio::integer(numbers, "price", 0, INT64_MAX);
  if (!id || !price) return std::nullopt;
  product.id = *id;
  product.price_cents = *price;
  return product;
}

std::string write_found(const ProductStock& found) {
  const json out = {{"product", to_json(found.product)}, {"stock", found.stock}};
  return jsonio::dump(out);
}

std::optional<ProductStock> read_found(const std::string& text) {
  const auto in = jsonio::parse_object(text);
  if (!in) return std::nullopt;
  const json* product_part = jsonio::find(*in, "product");
  const auto stock = jsonio::object(*in, "stock");
  auto product = product_part ? product_from(*product_part) : std::nullopt;
  if (!product || !stock) return std::nullopt;
  ProductStock found;
  found.product = std::move(*product);
  for (auto one = (*stock)->begin(); one != (*stock)->end(); ++one) {
    const auto qty = jsonio::integer(**stock, one.key(), 0, INT64_MAX);
    if (!qty) return std::nullopt;
    found.stock[one.key()] = *qty;
  }
  return found;
}

std::string write_page(const ProductPage& page) {
  json out = {{"total", page.total}, {"products", json::array()}};
  for (const Product& product : page.products) out["products"].push_back(to_json(product));
  return jsonio::dump(out);
}

std::optional<ProductPage> read_page(const std::string& text, const ProductQuery& query) {
  const auto in = jsonio::parse_object(text);
  if (!in) return std::nullopt;
  const auto total = jsonio::integer(*in, "total", 0, INT64_MAX / 2);
  const auto products = jsonio::array(*in, "products");
  if (!total || !products) return std::nullopt;
  ProductPage page;
  page.page = query.page;
  page.page_size = query.page_size;
  page.total = *total;
  for (const json& one : **products) {
    auto product = product_from(one);
    if (!product) return std::nullopt;
    page.products.push_back(std::move(*product));
  }
  return page;
}

std::string product_key(int64_t id) {
  return "product:" + std::to_string(id);
}

std::string page_key(const ProductQuery& query) {
  const std::string text = query.words + "\n" + query.category + "\n" + std::to_string(query.page) +
                           "\n" + std::to_string(query.page_size);
  return "products:" + digest_hex(text).substr(0, 32);
}

rt::Task<Result<ProductPage>> query_products(Shop& shop, ProductQuery query, Nanos until) {
  Params params;
  const std::string where = where_clause(query, params);
  Batch batch;
  batch.push_back(Statement("SELECT COUNT(*) FROM products" + where, params));
  params.emplace_back(query.page_size);
  params.emplace_back((query.page - 1) * query.page_size);
  const std::string limit = " ORDER BY id LIMIT $" + std::to_string(params.size() - 1) +
                            " OFFSET $" + std::to_string(params.size());
  batch.push_back(
      Statement(std::string("SELECT ") + kColumns + " FROM products" + where + limit, params));
  const Result<RowSets> sets = co_await shop.db.browse(std::move(batch), until);
  if (!sets) co_return sets.error();
  ProductPage page;
  page.page = query.page;
  page.page_size = query.page_size;
  page.total = (*sets)[0].number(0, 0);
  const Rows& rows = (*sets)[1];
  for (size_t i = 0; i < rows.size(); ++i) page.products.push_back(read_product(rows, i));
  co_return page;
}

Result<ProductStock> read_product_stock(const RowSets& sets) {
  if (sets[0].empty()) {
    return refuse(Code::kNotFound, "no_such_product", "There is no such product.");
  }
  ProductStock found;
  found.product = read_product(sets[0], 0);
  const Rows& rows = sets[1];
  for (size_t i = 0; i < rows.size(); ++i) found.stock[rows.text(i, 0)] = rows.number(i, 1);
  return found;
}

Batch product_batch(int64_t id) {
  Batch batch;
  batch.push_back(
      Statement(std::string("SELECT ") + kColumns + " FROM products WHERE id = $1", {Param(id)}));
  batch.push_back(Statement("SELECT size, qty FROM stock WHERE product = $1", {Param(id)}));
  return batch;
}

// A replica may lack data that the token already covers, so what is cached comes from the primary.
rt::Task<Result<ProductStock>> query_product(Shop& shop, int64_t id, Nanos until) {
  if (shop.reads.on()) {
    const Result<RowSets> sets = co_await shop.db.run(product_batch(id), until);
    if (sets) co_return read_product_stock(*sets);
    co_return Error(Code::kUnavailable, sets.error().detail);
  }
  const Result<RowSets> sets = co_await shop.db.browse(product_batch(id), until);
  if (!sets) co_return sets.error();
  co_return read_product_stock(*sets);
}

}  // namespace

rt::Task<Result<ProductPage>> find_products(Shop& shop, ProductQuery query, Nanos until) {
  ReadCache::Look look = co_await shop.reads.look(page_key(query), until);
  if (look.value) {
    std::optional<ProductPage> page = read_page(*look.value, query);
    if (page) co_return std::move(*page);
  }
  Result<ProductPage> page = co_await query_products(shop, query, until);
  std::optional<std::string> value;
  if (page) value = write_page(*page);
  co_await shop.reads.fill(std::move(look.ticket), std::move(value));
  co_return page;
}

rt::Task<Result<ProductStock>> find_product(Shop& shop, int64_t id, Nanos until) {
  ReadCache::Look look = co_await shop.reads.look(product_key(id), until);
  if (look.value) {
    std::optional<ProductStock> found = read_found(*look.value);
    if (found) co_return std::move(*found);
  }
  Result<ProductStock> found = co_await query_product(shop, id, until);
  std::optional<std::string> value;
  if (found) value = write_found(*found);
  co_await shop.reads.fill(std::move(look.ticket), std::move(value));
  co_return found;
}

rt::Task<void> products_changed(Shop& shop, std::vector<int64_t> ids, Nanos until) {
  if (!shop.reads.on()) co_return;
  std::vector<std::string> keys;
  for (const int64_t id : ids) keys.push_back(product_key(id));
  co_await shop.reads.changed(std::move(keys));
  if (!shop.reads.write_through()) co_return;
  for (const int64_t id : ids) (void)co_await find_product(shop, id, until);
}

std::string image_path(int64_t id) {
  return "/images/" + std::to_string(id) + ".svg";
}

}  // namespace multiaz::webnode
