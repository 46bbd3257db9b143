#include "dbnode/pg_binary.h"

#include <array>
#include <charconv>
#include <cmath>

#include "dbnode/sql_lexer.h"

namespace multiaz::dbnode {
namespace {

constexpr int64_t kMicrosPerDay = 86'400'000'000;
constexpr int64_t kDaysTo2000 = 10957;  // counted from 1970-01-01

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// The number with leading zeros. REQUIRES: value >= 0 (years before our era are not supported).
std::string padded(int64_t value, size_t width) {
  const std::string digits = std::to_string(value);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

// The civil date of a day number (H. Hinnant, "chrono-compatible low-level date algorithms").
std::string civil(int64_t days_since_1970) {
  const int64_t z = days_since_1970 + 719468;
  const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const int64_t doe = z - era * 146097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int64_t mp = (5 * doy + 2) / 153;
  const int64_t day = doy - (153 * mp + 2) / 5 + 1;
  const int64_t month = mp < 10 ? mp + 3 : mp - 9;
  const int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_hex(std::string& out, std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    out.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
  }
}

}  // namespace

std::string float_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  std::array<char, 40> out;
  const auto end = std::to_chars(out.data(), out.data() + out.size(), value).ptr;
  return std::string(out.data(), end);
}

Result<double> parse_float(std::string_view text) {
  std::string_view rest = trim(text);
  if (!rest.empty() && rest.front() == '+') rest.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc() || end != rest.data() + rest.size()) {
    return Error(Code::kInvalid,
                 "invalid input syntax for type double precision: \"" + std::string(text) + "\"");
  }
  return value;
}

Result<int64_t> parse_integer(std::string_view text) {
  std::string_view rest = trim(text);
  if (rest.size() > 1 && rest.front() == '+') rest.remove_prefix(1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc() || end != rest.data() + rest.size()) {
    return Error(Code::kInvalid,
                 "invalid input syntax for type bigint: \"" + std::string(text) + "\"");
  }
  return value;
}

Result<bool> parse_bool(std::string_view text) {
  const std::string word = lower(trim(text));
  for (const char* yes : {"t", "true", "y", "yes", "on", "1"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"f", "false", "n", "no", "off", "0"}) {
    if (word == no) return false;
  }
  return Error(Code::kInvalid,
               "invalid input syntax for type boolean: \"" + std::string(text) + "\"");
}

std::string bytea_text(std::string_view bytes) {
  std::string out = "\\x";
  append_hex(out, bytes);
  return out;
}

Result<std::string> parse_bytea(std::string_view text) {
  const Error bad(Code::kInvalid, "invalid input syntax for type bytea");
  std::string out;
  if (text.substr(0, 2) == "\\x") {
    if (text.size() % 2 != 0) return bad;
    for (size_t i = 2; i < text.size(); i += 2) {
      const int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
      if (high < 0 || low < 0) return bad;
      out.push_back(static_cast<char>(high << 4 | low));
    }
    return out;
  }
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      out.push_back('\\');
      i++;
    } else if (i + 3 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '3') {
      out.push_back(static_cast<char>((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 |
                                      (text[i + 3] - '0')));
      i += 3;
    } else {
      return bad;
    }
  }
  return out;
}

// The format is int16 number of base-10000 digits | int16 weight of the first | uint16 sign | int16
// scale | digits.
Result<std::string> numeric_from_binary(std::string_view bytes) {
  const Error bad(Code::kInvalid, "incorrect binary data format for type numeric");
  if (bytes.size() < 8) return bad;
  const auto field = [&](size_t i) { return load_be<int16_t>(bytes.substr(i * 2, 2)); };
  const int digits = field(0), weight = field(1), scale = field(3);
  const auto sign = static_cast<uint16_t>(field(2));
  if (sign == 0xc000) return std::string("NaN");
  if ((sign != 0 && sign != 0x4000) || digits < 0 || scale < 0 || weight > 5000 ||
      bytes.size() != 8 + static_cast<size_t>(digits) * 2) {
    return bad;
  }
  for (int i = 0; i < digits; i++) {
    const int digit = field(4 + static_cast<size_t>(i));
    if (digit < 0 || digit > 9999) return bad;
  }
  std::string out;
  for (int i = 0; i <= weight || i == 0; i++) {
    const int digit = i <= weight && i < digits ? field(4 + static_cast<size_t>(i)) : 0;
    if (out == "0") out.clear();
    out += padded(digit, out.empty() ? 1 : 4);
  }
  std::string fraction;
  for (int i = weight + 1; static_cast<int>(fraction.size()) < scale; i++) {
    const int digit = i >= 0 && i < digits ? field(4 + static_cast<size_t>(i)) : 0;
    fraction += padded(digit, 4);
  }
  if (scale > 0) out += "." + fraction.substr(0, static_cast<size_t>(scale));
  return sign == 0x4000 ? "-" + out : out;
}

Result<std::string> uuid_from_binary(std::string_view bytes) {
  if (bytes.size() != 16) return Error(Code::kInvalid, "incorrect binary data format for uuid");
  std::string out;
  for (const auto& [at, size] : {std::pair{0, 4}, {4, 2}, {6, 2}, {8, 2}, {10, 6}}) {
    if (at > 0) out.push_back('-');
    append_hex(out, bytes.substr(static_cast<size_t>(at), static_cast<size_t>(size)));
  }
  return out;
}

std::string timestamp_text(int64_t micros_since_2000, bool with_zone) {
  int64_t days = micros_since_2000 / kMicrosPerDay;
  int64_t rest = micros_since_2000 % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    days--;
  }
  const int64_t seconds = rest / 1'000'000, micros = rest % 1'000'000;
  std::string out = civil(days + kDaysTo2000) + " " + padded(seconds / 3600, 2) + ":" +
                    padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2);
  if (micros != 0) out += "." + padded(micros, 6);
  return with_zone ? out + "+00" : out;
}

std::string date_text(int32_t days_since_2000) {
  return civil(days_since_2000 + kDaysTo2000);
}

}  // namespace multiaz::dbnode
