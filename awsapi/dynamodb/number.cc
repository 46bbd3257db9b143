#include "awsapi/dynamodb/number.h"

#include <algorithm>
#include <charconv>

namespace multiaz::awsapi::dynamodb {

namespace {

constexpr int kExponentMax = 126, kExponentMin = -129;  // for the form 0.d1d2...
constexpr int kPlainDigitsMax = 40;  // longest number that is written without an exponent

Error not_a_number(std::string_view text) {
  return Error(Code::kInvalid, "The parameter cannot be converted to a numeric value: " +
                                   std::string(text.substr(0, 60)));
}

Result<Number> normal(Number number) {
  size_t zeros = 0;
  while (zeros < number.digits.size() && number.digits[zeros] == '0') ++zeros;
  number.digits.erase(0, zeros);
  number.exponent -= static_cast<int>(zeros);
  while (!number.digits.empty() && number.digits.back() == '0') number.digits.pop_back();
  if (number.digits.empty()) return Number();
  if (number.digits.size() > kNumberDigitsMax) {
    return Error(Code::kInvalid, "Attempting to store more than 38 significant digits in a Number");
  }
  if (number.exponent > kExponentMax) {
    return Error(Code::kInvalid,
                 "Number overflow. Attempting to store a number with magnitude larger than "
                 "supported range");
  }
  if (number.exponent < kExponentMin) {
    return Error(Code::kInvalid,
                 "Number underflow. Attempting to store a number with magnitude smaller than "
                 "supported range");
  }
  return number;
}

int compare_magnitude(const Number& a, const Number& b) {
  if (a.digits.empty() || b.digits.empty())
    return static_cast<int>(!a.digits.empty()) - static_cast<int>(!b.digits.empty());
  if (a.exponent != b.exponent) return a.exponent < b.exponent ? -1 : 1;
  const int order = a.digits.compare(b.digits);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

// Pads the digits of both as needed, so that their decimal points are in the same place.
void align(const Number& a, const Number& b, std::string& da, std::string& db, int& exponent) {
  exponent = std::max(a.exponent, b.exponent);
  da = std::string(static_cast<size_t>(exponent - a.exponent), '0') + a.digits;
  db = std::string(static_cast<size_t>(exponent - b.exponent), '0') + b.digits;
  const size_t size = std::max(da.size(), db.size());
  da.resize(size, '0');
  db.resize(size, '0');
}

}  // namespace

Result<Number> parse_number(std::string_view text) {
  Number out;
  std::string_view rest = text;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    out.negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  const size_t e = rest.find_first_of("eE");
  const std::string_view mantissa = rest.substr(0, e);
  bool point = false, digit = false;
  for (const char c : mantissa) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return not_a_number(text);
    digit = true;
    out.digits += c;
    if (!point) ++out.exponent;
  }
  if (!digit || out.digits.size() > 400) return not_a_number(text);
  if (e != std::string_view::npos) {
    std::string_view power = rest.substr(e + 1);
    if (!power.empty() && power[0] == '+') power.remove_prefix(1);
    int exponent = 0;
    const auto read = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (read.ec != std::errc() || read.ptr != power.data() + power.size() || exponent > 1000 ||
        exponent < -1000) {
      return not_a_number(text);
    }
    out.exponent += exponent;
  }
  return normal(std::move(out));
}

std::string to_text(const Number& number) {
  if (number.digits.empty()) return "0";
  const std::string sign = number.negative ? "-" : "";
  const int size = static_cast<int>(number.digits.size());
  if (number.exponent >= size && number.exponent <= kPlainDigitsMax) {
    return sign + number.digits + std::string(static_cast<size_t>(number.exponent - size), '0');
  }
  if (number.exponent > 0 && number.exponent < size) {
    const auto point = static_cast<size_t>(number.exponent);
    return sign + number.digits.substr(0, point) + "." + number.digits.substr(point);
  }
  if (number.exponent <= 0 && size - number.exponent <= kPlainDigitsMax) {
    return sign + "0." + std::string(static_cast<size_t>(-number.exponent), '0') + number.digits;
  }
  const int power = number.exponent - 1;
  return sign + number.digits.substr(0, 1) + (size > 1 ? "." + number.digits.substr(1) : "") + "E" +
         (power < 0 ? "" : "+") + std::to_string(power);
}

int compare(const Number& a, const Number& b) {
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  const int order = compare_magnitude(a, b);
  return a.negative ? -order : order;
}

Number negated(Number number) {
  if (!number.digits.empty()) number.negative = !number.negative;
  return number;
}

Result<Number> add(const Number& a, const Number& b) {
  if (a.digits.empty()) return b;
  if (b.digits.empty()) return a;
  const bool minus = a.negative != b.negative;
  const bool swap = minus && compare_magnitude(a, b) < 0;
  const Number &big = swap ? b : a, &small = swap ? a : b;
  std::string db, ds;
  Number out;
  align(big, small, db, ds, out.exponent);
  int carry = 0;
  for (size_t i = db.size(); i-- > 0;) {
    int digit = (db[i] - '0') + carry + (minus ? -(ds[i] - '0') : ds[i] - '0');
    carry = digit > 9 ? 1 : digit < 0 ? -1 : 0;
    db[i] = static_cast<char>('0' + digit - 10 * carry);
  }
  if (carry > 0) {
    db.insert(db.begin(), '1');
    ++out.exponent;
  }
  out.digits = std::move(db);
  out.negative = big.negative;
  return normal(std::move(out));
}

// Sign, exponent, digits. For a negative number every part is complemented, and an end mark above
// all digits follows.
std::string sort_text(const Number& number) {
  if (number.digits.empty()) return "5";
  const int biased = number.exponent + 500;
  const std::string exponent =
      std::to_string(1000 + (number.negative ? 999 - biased : biased)).substr(1);
  std::string digits = number.digits;
  if (!number.negative) return "6" + exponent + digits;
  for (char& c : digits) c = static_cast<char>('9' - (c - '0'));
  return "4" + exponent + digits + "~";
}

}  // namespace multiaz::awsapi::dynamodb
