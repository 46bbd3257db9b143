#include "webnode/shop/catalogue.h"

#include <gtest/gtest.h>

#include <set>

#include "webnode/shop/picture.h"
#include "webnode/shop/signer.h"

namespace multiaz::webnode {
namespace {

std::string show(const Product& product) {
  return std::to_string(product.id) + "|" + product.name + "|" + product.category + "|" +
         product.colour + "|" + join_sizes(product.sizes) + "|" +
         std::to_string(product.price_cents) + "|" + product.description + "\n";
}

// Orders and carts refer to products by id: a garment must never become another one.
TEST(Catalogue, IsTheSameForEver) {
  std::string all;
  for (int64_t id = 1; id <= kProductCount; ++id) all += show(make_product(id));
  EXPECT_EQ(digest_hex(all).substr(0, 16), "687ed65b34bb7aa7");
  EXPECT_EQ(show(make_product(1)), show(make_product(1)));
}

TEST(Catalogue, EveryGarmentIsWhole) {
  std::set<std::string> seen;
  for (int64_t id = 1; id <= kProductCount; ++id) {
    const Product product = make_product(id);
    EXPECT_TRUE(is_category(product.category)) << product.category;
    EXPECT_FALSE(product.sizes.empty());
    EXPECT_EQ(split_sizes(join_sizes(product.sizes)), product.sizes);
    EXPECT_GT(product.price_cents, 500);
    EXPECT_LT(product.price_cents, 50000);
    EXPECT_GT(product.description.size(), 20u);
    seen.insert(product.category);
    for (size_t i = 0; i < product.sizes.size(); ++i) EXPECT_GE(initial_stock(id, i), 5000);
  }
  EXPECT_EQ(seen.size(), categories().size()) << "a category is empty";
}

TEST(Catalogue, SizesTravelAsOneText) {
  EXPECT_EQ(split_sizes(""), std::vector<std::string>());
  EXPECT_EQ(split_sizes("M"), std::vector<std::string>({"M"}));
  EXPECT_EQ(split_sizes("One size,XL"), std::vector<std::string>({"One size", "XL"}));
}

TEST(Picture, EveryGarmentHasOneAndItIsDeterministic) {
  std::string all;
  for (int64_t id = 1; id <= kProductCount; ++id) {
    const std::string svg = picture_svg(product_look(id), make_product(id).name);
    EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>")) << id;
    EXPECT_LT(svg.size(), 4000u);
    all += svg;
  }
  EXPECT_EQ(digest_hex(all).substr(0, 16), "11d4783563048259");
}

TEST(Picture, TheTitleIsEscaped) {
  const std::string svg = picture_svg(product_look(1), "<b>&</b>");
  EXPECT_NE(svg.find("&lt;b>&amp;&lt;/b>"), std::string::npos);
}

}  // namespace
}  // namespace multiaz::webnode
