// Reads a shop's answers: an answer that is not as expected gives no value, and ends no process.
#include <gtest/gtest.h>

#include <string>

#include "chaos/shoppers.h"

namespace multiaz::chaos {
namespace {

TEST(ShopJson, CartsAndOrdersAreRead) {
  const auto cart = parse_cart(R"({"lines":[{"line":"L1","qty":2,"op":"o"},{"line":7,"qty":0}]})");
  ASSERT_TRUE(cart);
  ASSERT_EQ(cart->size(), 2U);
  EXPECT_EQ((*cart)[0].line + (*cart)[0].op, "L1o");
  EXPECT_EQ((*cart)[1].line, "7");
  const auto orders = parse_orders(
      R"({"orders":[{"order":3,"key":"k","lines":["a",{"line":"b"}]},{"order":"x","lines":[]}]})");
  ASSERT_TRUE(orders);
  EXPECT_EQ((*orders)[0].order, "3");
  EXPECT_EQ((*orders)[0].lines, (std::vector<std::string>{"a", "b"}));
  const auto done = parse_checkout(R"({"order":"9","lines":[]})", "mine");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->key, "mine");
}

TEST(ShopJson, WhatIsNotAsItShouldBeIsNoReading) {
  for (const char* body :
       {"", "no JSON", "[]", "5", "null", "{}", R"({"lines":null,"orders":5})",
        R"({"lines":[5],"orders":[5]})", R"({"lines":[{"qty":1}],"orders":[{"lines":[]}]})",
        R"({"lines":[{"line":"a"}],"orders":[{"order":"a"}]})",
        R"({"lines":[{"line":"a","qty":"1"}],"orders":[{"order":"a","lines":{}}]})",
        R"({"lines":[{"line":"a","qty":1.5}],"orders":[{"order":"a","key":5,"lines":[]}]})",
        R"({"lines":[{"line":"a","qty":1,"op":5}],"orders":[{"order":"a","lines":[{}]}]})",
        R"({"lines":[{"line":"a","qty":99999999999999999999}],"orders":[[]]})",
        "{\"lines\":\xff}"}) {
    EXPECT_FALSE(parse_cart(body)) << body;
    EXPECT_FALSE(parse_orders(body)) << body;
    EXPECT_FALSE(parse_checkout(body, "k")) << body;
  }
}

}  // namespace
}  // namespace multiaz::chaos
