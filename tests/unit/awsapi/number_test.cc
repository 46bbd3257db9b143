#include "awsapi/dynamodb/number.h"

#include <gtest/gtest.h>

#include "base/core/random.h"

namespace multiaz::awsapi::dynamodb {
namespace {

std::string normal(const char* text) {
  const auto number = parse_number(text);
  return number ? to_text(*number) : number.error().detail.substr(0, 20);
}

TEST(Number, HasOneNormalForm) {
  EXPECT_EQ(normal("007.500"), "7.5");
  EXPECT_EQ(normal("-0"), "0");
  EXPECT_EQ(normal("+1e3"), "1000");
  EXPECT_EQ(normal("0.00012"), "0.00012");
  EXPECT_EQ(normal("123456789012345678901234567890.12345678"),
            "123456789012345678901234567890.12345678");
  EXPECT_EQ(normal("1E125"), "1E+125");
  EXPECT_EQ(normal("12e-130"), "1.2E-129");
}

TEST(Number, WhatIsNoneIsRefused) {
  for (const char* bad :
       {"", "-", ".", "1.2.3", "1e", "0x1", " 1", "1 ", "NaN", "Infinity", "1e9999"}) {
    EXPECT_FALSE(parse_number(bad).ok()) << bad;
  }
  EXPECT_FALSE(parse_number(std::string(39, '1')).ok()) << "39 digits";
  EXPECT_TRUE(parse_number(std::string(38, '1')).ok());
  EXPECT_FALSE(parse_number("1e126").ok());
  EXPECT_TRUE(parse_number("9.9999999999999999999999999999999999999e125").ok());
  EXPECT_FALSE(parse_number("1e-131").ok());
}

int64_t cents_of(const Number& number) {
  return static_cast<int64_t>(std::stod(to_text(number)) * 100 + (number.negative ? -0.5 : 0.5));
}

// Compares with 64-bit arithmetic.
TEST(Number, AddsAndSortsAsIntegersDo) {
  Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    const int64_t a = static_cast<int64_t>(random.below(2'000'000)) - 1'000'000;
    const int64_t b = static_cast<int64_t>(random.below(i % 2 ? 200 : 2'000'000)) - 100;
    const auto text = [](int64_t cents) {
      return std::string(cents < 0 ? "-" : "") + std::to_string(std::abs(cents) / 100) + "." +
             std::to_string(100 + std::abs(cents) % 100).substr(1);
    };
    const auto na = parse_number(text(a)), nb = parse_number(text(b));
    ASSERT_TRUE(na.ok() && nb.ok());
    const auto sum = add(*na, *nb);
    ASSERT_TRUE(sum.ok());
    EXPECT_EQ(cents_of(*sum), a + b) << text(a) << " + " << text(b);
    const int order = a < b ? -1 : a > b ? 1 : 0;
    EXPECT_EQ(compare(*na, *nb), order);
    const std::string ka = sort_text(*na), kb = sort_text(*nb);
    EXPECT_EQ(ka < kb ? -1 : ka > kb ? 1 : 0, order) << text(a) << " and " << text(b);
  }
}

TEST(Number, ASumMayNotLosePrecision) {
  const auto big = parse_number("1e38"), small = parse_number("1");
  EXPECT_FALSE(add(*big, *small).ok()) << "39 digits";
  EXPECT_EQ(to_text(*add(*parse_number("1e37"), *small)), "10000000000000000000000000000000000001");
}

}  // namespace
}  // namespace multiaz::awsapi::dynamodb
