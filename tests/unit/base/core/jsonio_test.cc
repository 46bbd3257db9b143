#include "base/core/jsonio.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace multiaz::jsonio {
namespace {

using nlohmann::json;

TEST(JsonIo, DumpReplacesBytesThatAreNoUtf8) {
  EXPECT_EQ(dump(json("a\xff")), "\"a\xef\xbf\xbd\"");
}

TEST(JsonIo, ParseNamesThePlaceOfAMistake) {
  const auto parsed = parse("{\"a\": 1,, }");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, Code::kInvalid);
  EXPECT_NE(parsed.error().detail.find("column 9"), std::string::npos) << parsed.error().detail;
  EXPECT_FALSE(parse("").ok());
  EXPECT_EQ(parse("\xff").error().detail.find('\xff'), std::string::npos);
}

TEST(JsonIo, DepthIsBoundedAlsoInTextsThatAreNoJson) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(parse(deep).error().code, Code::kLimit);
  EXPECT_TRUE(parse("[[[[]]]]", 4).ok());
  EXPECT_EQ(parse("[[[[[]]]]]", 4).error().code, Code::kLimit);
  EXPECT_TRUE(parse(R"({"brackets": "[[[[[[ \" [[["})", 1).ok());
}

TEST(JsonIo, GettersNameTheKeyAndWhatIsAllowed) {
  const json from = {{"text", "x"}, {"number", 7}, {"minus", -1}, {"big", 1.5}, {"null", nullptr}};
  EXPECT_EQ(*text(from, "text"), "x");
  EXPECT_EQ(text(from, "number").error().detail, "\"number\" is a string");
  EXPECT_EQ(text(from, "none").error().detail, "\"none\" is missing");
  EXPECT_EQ(*text(from, "null", "fallback"), "fallback");
  EXPECT_EQ(*count(from, "number"), 7u);
  EXPECT_EQ(count(from, "minus").error().detail, "\"minus\" is an integer, 0 or more");
  EXPECT_EQ(integer(from, "number", 1, 5).error().detail, "\"number\" is an integer from 1 to 5");
  EXPECT_FALSE(integer(from, "big", 0, 5).ok());
  EXPECT_FALSE(flag(from, "text").ok());
  EXPECT_EQ(*number(from, "big"), 1.5);
  EXPECT_TRUE((*array(from, "none"))->empty());
  EXPECT_FALSE(object(from, "text").ok());
}

TEST(JsonIo, NothingIsFoundInWhatIsNoObject) {
  EXPECT_EQ(find(json::array(), "a"), nullptr);
  EXPECT_EQ(text(json(5), "a").error().detail, "\"a\" is missing");
}

TEST(JsonIo, AnUnsignedNumberBeyondSignedIsOutOfBounds) {
  const json from = json::parse(R"({"n": 18446744073709551615})");
  EXPECT_FALSE(integer(from, "n", 0, 10).ok());
  EXPECT_EQ(*count(from, "n"), 18446744073709551615u);
}

}  // namespace
}  // namespace multiaz::jsonio
