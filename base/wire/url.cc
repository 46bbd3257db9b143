#include "base/wire/url.h"

#include <algorithm>
#include <charconv>

#include "base/wire/http.h"

namespace multiaz::wire {
namespace {

constexpr char kHexDigits[] = "0123456789ABCDEF";

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string percent_encode(std::string_view text, std::string_view keep) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (is_unreserved(c) || keep.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 15];
    }
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) c = ' ';
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return Error(Code::kInvalid, "broken percent-coding");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return Error(Code::kInvalid, "NUL byte in a URL");
    out += c;
  }
  return out;
}

Result<Target> split_target(std::string_view target) {
  Target out;
  if (target == "*") {
    out.path = target;
    return out;
  }
  const size_t scheme = target.find("://");
  const bool absolute =
      scheme != std::string_view::npos && (http::same_text(target.substr(0, scheme), "http") ||
                                           http::same_text(target.substr(0, scheme), "https"));
  if (absolute) {
    target.remove_prefix(scheme + 3);
    const size_t end = std::min(target.find_first_of("/?#"), target.size());
    out.authority = target.substr(0, end);
    target.remove_prefix(end);
    if (out.authority.empty()) return Error(Code::kInvalid, "URL without a host");
  } else if (target.empty() || target.front() != '/') {
    return Error(Code::kInvalid, "request target is neither a path nor a URL");
  }
  target = target.substr(0, target.find('#'));
  const size_t question = target.find('?');
  out.path = target.substr(0, question);
  if (out.path.empty()) out.path = "/";
  if (question != std::string_view::npos) out.query = target.substr(question + 1);
  return out;
}

std::optional<std::string_view> FormPairs::find(std::string_view name) const {
  for (const auto& [key, value] : all_)
    if (key == name) return value;
  return std::nullopt;
}

std::string FormPairs::get(std::string_view name, std::string_view fallback) const {
  return std::string(find(name).value_or(fallback));
}

Result<FormPairs> parse_form(std::string_view text) {
  FormPairs out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (out.size() >= kFormPairsMax) return Error(Code::kLimit, "too many form fields");
    const size_t equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    if (!name) return name.error();
    auto value =
        percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (!value) return value.error();
    out.add(std::move(*name), std::move(*value));
  }
  return out;
}

std::string encode_form(const FormPairs& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out += percent_encode(name) + "=" + percent_encode(value);
  }
  return out;
}

}  // namespace multiaz::wire
