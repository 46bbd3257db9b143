#include "base/elb/redirect.h"

#include <algorithm>
#include <array>
#include <utility>

namespace multiaz::elb {

namespace {

using Values = std::array<std::pair<std::string_view, std::string_view>, 5>;

std::string expanded(std::string_view text, const Values& values) {
  std::string out;
  while (!text.empty()) {
    const size_t hash = text.find("#{");
    out.append(text.substr(0, hash));
    if (hash == std::string_view::npos) break;
    text.remove_prefix(hash);
    const auto named = std::ranges::find_if(
        values, [&](const auto& value) { return text.starts_with(value.first); });
    out.append(named == values.end() ? std::string_view("#{") : named->second);
    text.remove_prefix(named == values.end() ? 2 : named->first.size());
  }
  return out;
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

Result<std::string> location_of(const Redirect& redirect, const RequestFacts& facts,
                                std::string_view protocol, uint16_t port) {
  const std::string port_text = std::to_string(port);
  std::string_view path = facts.path;
  if (path.starts_with('/')) path.remove_prefix(1);
  const Values values = {{{"#{protocol}", protocol},
                          {"#{host}", facts.host},
                          {"#{port}", port_text},
                          {"#{path}", path},
                          {"#{query}", facts.query}}};
  std::string out = lower(expanded(redirect.protocol, values)) + "://" +
                    expanded(redirect.host, values) + ":" + expanded(redirect.port, values) +
                    expanded(redirect.path, values);
  const std::string query = expanded(redirect.query, values);
  if (!query.empty()) out += "?" + query;
  if (out.size() > kLocationBytesMax) {
    return Error(Code::kLimit, "the redirect's URL has more than " +
                                   std::to_string(kLocationBytesMax) + " bytes");
  }
  const auto forbidden = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (std::ranges::any_of(out, forbidden)) {
    return Error(Code::kInvalid, "the redirect's URL would have a blank or control character");
  }
  return out;
}

}  // namespace multiaz::elb
