// Browsing: lists, search, one product with its stock. Reads may come from a replica.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "webnode/shop/catalogue.h"
#include "webnode/shop/shop.h"

namespace multiaz::webnode {

constexpr int64_t kPageSizeDefault = 24;
constexpr int64_t kPageSizeMax = 100;
constexpr size_t kSearchWordsMax = 6;
constexpr size_t kSearchBytesMax = 200;

struct ProductQuery {
  std::string words;     // all must occur in the name or category
  std::string category;  // "" for all
  int64_t page = 1;      // counted from 1
  int64_t page_size = kPageSizeDefault;
};
struct ProductPage {
  std::vector<Product> products;
  int64_t total = 0, page = 1, page_size = kPageSizeDefault;
};
rt::Task<Result<ProductPage>> find_products(Shop& shop, ProductQuery query, Nanos until);

struct ProductStock {
  Product product;
  std::map<std::string, int64_t> stock;  // stock by size
};
// kNotFound ("no_such_product"). May be as old as the cache's TTL, or as the replica's lag.
rt::Task<Result<ProductStock>> find_product(Shop& shop, int64_t id, Nanos until);
// To be called after a committed change of their stock.
rt::Task<void> products_changed(Shop& shop, std::vector<int64_t> ids, Nanos until);

std::string image_path(int64_t id);

}  // namespace multiaz::webnode
