// DynamoDB's numbers: decimal, 38 significant digits, from 1E-130 to 9.9...E+125, exact.
#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"

namespace multiaz::awsapi::dynamodb {

constexpr size_t kNumberDigitsMax = 38;

// value = +-0.d1d2d3... * 10^exponent; the digits have no zeros at either end; zero has no digits.
struct Number {
  bool negative = false;
  std::string digits;
  int exponent = 0;
  bool operator==(const Number&) const = default;
};

// kInvalid in AWS's words.
Result<Number> parse_number(std::string_view text);
std::string to_text(const Number& number);  // "-12.5", as AWS returns it
int compare(const Number& a, const Number& b);  // -1, 0 or 1
Result<Number> add(const Number& a, const Number& b);  // kInvalid when out of range or precision
Number negated(Number number);
// A text that sorts, byte by byte, as the numbers do.
std::string sort_text(const Number& number);

}  // namespace multiaz::awsapi::dynamodb
