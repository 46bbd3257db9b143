#include "base/wire/url.h"

#include <gtest/gtest.h>

namespace multiaz::wire {
namespace {

TEST(PercentCoding, GoesBothWays) {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(percent_decode(percent_encode(all)).value(), all);
  EXPECT_EQ(percent_encode("a b/c+d~é"), "a%20b%2Fc%2Bd~%C3%A9");
  EXPECT_EQ(percent_encode("/a b", "/"), "/a%20b");
  EXPECT_EQ(percent_decode("a+b%2b").value(), "a+b+");
  EXPECT_EQ(percent_decode("a+b%2b", true).value(), "a b+");
}

TEST(PercentCoding, RefusesBrokenCodesAndNul) {
  for (const auto* text : {"%", "%1", "%zz", "a%2", "%00", "%-1"})
    EXPECT_FALSE(percent_decode(text).ok()) << text;
}

TEST(Target, IsSplitIntoPathAndQuery) {
  EXPECT_EQ(split_target("/a/b?q=1?2#frag")->path, "/a/b");
  EXPECT_EQ(split_target("/a/b?q=1?2#frag")->query, "q=1?2");
  EXPECT_EQ(split_target("/")->query, "");
  EXPECT_EQ(split_target("http://shop:80/x?y")->authority, "shop:80");
  EXPECT_EQ(split_target("HTTP://shop")->path, "/");
  EXPECT_EQ(split_target("http://shop?y=1")->query, "y=1");
  EXPECT_EQ(split_target("*")->path, "*");
  for (const auto* text : {"", "a", "shop:80", "ftp://x/", "http:///x"})
    EXPECT_FALSE(split_target(text).ok()) << text;
}

TEST(Form, GoesBothWaysInOrder) {
  const auto form = parse_form("size=M&color=dark+blue&size=L&empty=&flag&&x=%26%3D");
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(form->size(), 6u);
  EXPECT_EQ(form->find("size"), "M");
  EXPECT_EQ(form->get("color"), "dark blue");
  EXPECT_EQ(form->get("flag", "?"), "");
  EXPECT_EQ(form->get("absent", "?"), "?");
  EXPECT_EQ(form->get("x"), "&=");
  EXPECT_EQ(encode_form(*form), "size=M&color=dark%20blue&size=L&empty=&flag=&x=%26%3D");
  EXPECT_EQ(parse_form(encode_form(*form)).value(), *form);
}

TEST(Form, HoldsItsLimit) {
  std::string many;
  for (size_t i = 0; i <= kFormPairsMax; ++i) many += "a&";
  EXPECT_EQ(parse_form(many).error().code, Code::kLimit);
  EXPECT_EQ(parse_form("a=%").error().code, Code::kInvalid);
}

}  // namespace
}  // namespace multiaz::wire
