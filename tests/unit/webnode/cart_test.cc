#include "webnode/shop/cart.h"

#include <gtest/gtest.h>

namespace multiaz::webnode {
namespace {

CartLine sample() {
  CartLine line;
  line.line = "l1";
  line.product = 7;
  line.size = "M";
  line.qty = 3;
  line.price_cents = 1995;
  line.name = "Sage \"Linen\" Shirt";
  line.op = "op-1";
  line.uid = "u";
  line.added_ms = 17;
  return line;
}

TEST(Cart, ALineIsStoredAndReadBack) {
  const auto back = read_line("l1", write_line(sample()));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(write_line(*back), write_line(sample()));
  EXPECT_EQ(back->line, "l1");
  EXPECT_EQ(back->name, sample().name);
}

TEST(Cart, TheStoredFormIsFixed) {
  // Carts outlive a rolling update of the web instances.
  EXPECT_EQ(write_line(sample()),
            R"({"added_ms":17,"name":"Sage \"Linen\" Shirt","op":"op-1","price_cents":1995,)"
            R"("product":7,"qty":3,"size":"M","uid":"u"})");
}

TEST(Cart, AnUnreadableLineIsLeftOutAndTheRestStays) {
  std::vector<StoredLine> stored;
  CartLine later = sample();
  later.added_ms = 18;
  for (const auto& [id, kept] :
       {std::pair("z", write_line(later)), std::pair("x", std::string("{")),
        std::pair("y", std::string(R"({"qty":"3"})")), std::pair("b", write_line(sample()))}) {
    stored.push_back({id, kept});
  }
  const Cart cart = read_cart(stored);
  ASSERT_EQ(cart.lines.size(), 2u);
  EXPECT_EQ(cart.lines[0].line, "b") << "in the order of adding";
  EXPECT_EQ(cart.lines[1].line, "z");
  EXPECT_EQ(cart.total_cents(), 2 * 3 * 1995);
}

}  // namespace
}  // namespace multiaz::webnode
