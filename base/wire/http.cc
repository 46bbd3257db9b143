#include "base/wire/http.h"

#include <algorithm>
#include <array>

namespace multiaz::wire::http {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 32] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto kTokenBytes = make_token_table();

// Calls `visit` with each trimmed part of a comma separated list until it returns false.
template <typename Visit>
void each_part(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    if (!visit(trimmed(list.substr(0, comma))) || comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

bool same_text(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return kTokenBytes[static_cast<unsigned char>(c)];
  });
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& header : all_)
    if (same_text(header.name, name)) return header.value;
  return std::nullopt;
}

size_t Headers::count(std::string_view name) const {
  return static_cast<size_t>(std::count_if(all_.begin(), all_.end(), [&](const Header& header) {
    return same_text(header.name, name);
  }));
}

bool Headers::has_token(std::string_view name, std::string_view token) const {
  bool found = false;
  for (const auto& header : all_) {
    if (!same_text(header.name, name)) continue;
    each_part(header.value, [&](std::string_view part) {
      found = found || same_text(part, token);
      return !found;
    });
  }
  return found;
}

void Headers::add(std::string_view name, std::string_view value) {
  constexpr size_t kUsualCount = 16;
  if (all_.empty()) all_.reserve(kUsualCount);
  all_.push_back({std::string(name), std::string(value)});
}

void Headers::add_first(std::string_view name, std::string_view value) {
  all_.insert(all_.begin(), {std::string(name), std::string(value)});
}

void Headers::set(std::string_view name, std::string_view value) {
  const auto matches = [&](const Header& header) { return same_text(header.name, name); };
  const auto first = std::find_if(all_.begin(), all_.end(), matches);
  if (first == all_.end()) return add(name, value);
  *first = Header{std::string(name), std::string(value)};
  all_.erase(std::remove_if(first + 1, all_.end(), matches), all_.end());
}

size_t Headers::remove(std::string_view name) {
  return std::erase_if(all_, [&](const Header& header) { return same_text(header.name, name); });
}

}  // namespace multiaz::wire::http
