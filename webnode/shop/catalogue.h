// The catalogue: 1,000 garments from a deterministic generator. The same id always gives the same
// garment in every process (a golden digest in the tests says so); the database is seeded from it,
// and pictures are drawn from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace multiaz::webnode {

constexpr int64_t kProductCount = 1000;  // ids 1..1000

struct Product {
  int64_t id = 0;
  std::string name, category, colour, description;
  std::vector<std::string> sizes;
  int64_t price_cents = 0;
};

enum class Shape {
  kTee,
  kShirt,
  kSweater,
  kJacket,
  kCoat,
  kDress,
  kSkirt,
  kTrousers,
  kShorts,
  kShoe,
  kHat,
  kScarf,
  kSocks,
  kBag,
};
enum class Pattern { kPlain, kStripes, kDots, kChecks };

// The properties of a garment that its picture shows.
struct Look {
  Shape shape = Shape::kTee;
  Pattern pattern = Pattern::kPlain;
  std::string_view colour;  // "#7a9e87"
};

struct Category {
  std::string_view name;   // in URLs and the database: "knitwear"
  std::string_view title;  // "Knitwear"
};
std::span<const Category> categories();
bool is_category(std::string_view name);

// REQUIRES: 1 <= id <= kProductCount.
Product make_product(int64_t id);
Look product_look(int64_t id);
int64_t initial_stock(int64_t id, size_t size_index);

// The database keeps sizes in one column: "S,M,L".
std::string join_sizes(const std::vector<std::string>& sizes);
std::vector<std::string> split_sizes(std::string_view text);

}  // namespace multiaz::webnode
