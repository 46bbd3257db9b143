#include "base/core/json_fields.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"

namespace multiaz::jsonio {
namespace {

using nlohmann::json;

TEST(JsonFields, EveryKindIsReadIntoItsVariable) {
  const json from = json::parse(
      R"({"s":"x","b":true,"d":1.5,"i":-3,"port":7070,"big":18446744073709551615,
          "list":["a","b"],"set":["b","a","b"],"map":{"k":"v"},"o":5,"null":null})");
  std::string s, kept = "kept";
  bool b = false;
  double d = 0;
  int i = 0;
  uint16_t port = 0;
  uint64_t big = 0;
  std::vector<std::string> list;
  std::set<std::string> set;
  std::map<std::string, std::string> map;
  std::optional<int64_t> o, none;
  Fields<json> in(from);
  in.need("s", s).need("b", b).need("d", d).need("i", i).need("port", port).need("big", big);
  in.need("list", list).need("set", set).need("map", map).may("o", o).may("none", none);
  in.may("null", kept);
  ASSERT_TRUE(in.ok()) << in.error().detail;
  EXPECT_EQ(s, "x");
  EXPECT_TRUE(b);
  EXPECT_EQ(d, 1.5);
  EXPECT_EQ(i, -3);
  EXPECT_EQ(port, 7070);
  EXPECT_EQ(big, UINT64_MAX);
  EXPECT_EQ(list, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(set.size(), 2u);
  EXPECT_EQ(map["k"], "v");
  EXPECT_EQ(o, 5);
  EXPECT_EQ(none, std::nullopt);
  EXPECT_EQ(kept, "kept");
}

TEST(JsonFields, TheFirstMistakeIsKept) {
  const json from = {{"port", 70000}, {"list", {1, 2}}, {"s", 5}};
  uint16_t port = 0;
  std::vector<std::string> list;
  Fields<json> in(from);
  in.may("port", port).may("list", list);
  ASSERT_FALSE(in.ok());
  EXPECT_EQ(in.error().detail, "\"port\" is an integer from 0 to 65535");
  EXPECT_EQ(port, 0);
  Fields<json> other(from);
  other.may("list", list);
  EXPECT_EQ(other.error().detail, "\"list\" is an array of strings");
  std::string s;
  EXPECT_EQ(Fields<json>(from).need("x", s).error().detail, "\"x\" is missing");
}

TEST(JsonFields, WhatIsNoObjectIsAMistakeOfEveryRecord) {
  for (const json& from : {json(5), json::array(), json(), json("x")}) {
    std::string s;
    Fields<json> in(from);
    EXPECT_FALSE(in.may("s", s).ok());
    EXPECT_TRUE(in.may_items("list").empty());
    EXPECT_EQ(in.need_value("v"), nullptr);
  }
}

TEST(JsonFields, WhatIsOnlyShownNeverThrows) {
  const json from = {{"list", {1}}, {"object", {{"a", "b"}}}, {"n", 7}, {"s", "\xff"}};
  for (const json& value : {from, json(5), json(), json::array({1})}) {
    for (const char* key : {"list", "object", "n", "s", "none"}) {
      (void)shown(value, key);
      (void)items_in(value, key).size();
      (void)members_in(value, key).size();
      (void)number_in(value, key);
      (void)count_in(value, key);
      (void)text_in(value, key);
      (void)flag_in(value, key);
    }
    for (const size_t place : {0, 1, 1000}) (void)item_at(value, place);
    EXPECT_EQ(text_view(value), "");
  }
  const json list = {1, "two"};
  EXPECT_EQ(*item_at(list, 0), 1);
  EXPECT_EQ(text_view(*item_at(list, 1)), "two");
  EXPECT_EQ(item_at(list, 2), nullptr);
  EXPECT_EQ(item_at(from, 0), nullptr);
  EXPECT_EQ(shown(from, "n"), "7");
  EXPECT_EQ(shown(from, "none"), "-");
  EXPECT_EQ(items_in(from, "n").size(), 0u);
  EXPECT_EQ(count_in(from, "n"), 7u);
}

TEST(JsonIoStrict, AKeyTwiceIsRefusedAlsoWithin) {
  EXPECT_TRUE(parse_strict(R"({"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]})").ok());
  EXPECT_EQ(parse_strict(R"({"a":1,"a":2})").error().detail, "\"a\" is said twice in one object");
  EXPECT_FALSE(parse_strict(R"({"x":[{"b":1,"c":2,"b":3}]})").ok());
  EXPECT_EQ(parse_strict("[]").error().code, Code::kInvalid);
  EXPECT_EQ(parse_strict(std::string(1 << 20, '[')).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace multiaz::jsonio
