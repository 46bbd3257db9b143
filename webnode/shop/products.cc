#include "webnode/shop/products.h"

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

// For LIKE with '!' as the escape character.
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

}  // namespace

rt::Task<Result<ProductPage>> find_products(Shop& shop, ProductQuery query, Nanos until) {
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

rt::Task<Result<ProductStock>> find_product(Shop& shop, int64_t id, Nanos until) {
  Batch batch;
  batch.push_back(
      Statement(std::string("SELECT ") + kColumns + " FROM products WHERE id = $1", {Param(id)}));
  batch.push_back(Statement("SELECT size, qty FROM stock WHERE product = $1", {Param(id)}));
  const Result<RowSets> sets = co_await shop.db.browse(std::move(batch), until);
  if (!sets) co_return sets.error();
  if ((*sets)[0].empty()) {
    co_return refuse(Code::kNotFound, "no_such_product", "There is no such product.");
  }
  ProductStock found;
  found.product = read_product((*sets)[0], 0);
  const Rows& rows = (*sets)[1];
  for (size_t i = 0; i < rows.size(); ++i) found.stock[rows.text(i, 0)] = rows.number(i, 1);
  co_return found;
}

std::string image_path(int64_t id) {
  return "/images/" + std::to_string(id) + ".svg";
}

}  // namespace multiaz::webnode
