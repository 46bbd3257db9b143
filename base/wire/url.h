// URLs and form data: percent-coding, request targets, name=value lists.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/result.h"

namespace multiaz::wire {

constexpr size_t kFormPairsMax = 1000;

// Bytes that are not unreserved (RFC 3986) become %XX, except those in `keep` ("/").
std::string percent_encode(std::string_view text, std::string_view keep = "");
// kInvalid for a broken %XX or a NUL byte. With plus_is_space a '+' is a space, as in forms.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

// "/shop?q=red" has the path "/shop" (still encoded) and the query "q=red". The absolute form
// ("http://host/path") is accepted with its authority; "*" is a path.
struct Target {
  std::string_view authority;
  std::string_view path;
  std::string_view query;
};
// kInvalid when the text is neither; the views point into `target`.
Result<Target> split_target(std::string_view target);

// Names and values in the order given; a name may repeat.
class FormPairs {
 public:
  void add(std::string name, std::string value) {
    all_.emplace_back(std::move(name), std::move(value));
  }
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  // The value of the name, or `fallback` when it is absent.
  [[nodiscard]] std::string get(std::string_view name, std::string_view fallback = "") const;
  [[nodiscard]] auto begin() const { return all_.begin(); }
  [[nodiscard]] auto end() const { return all_.end(); }
  [[nodiscard]] size_t size() const { return all_.size(); }
  bool operator==(const FormPairs&) const = default;

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

// application/x-www-form-urlencoded, as in queries and form bodies, in both directions. kInvalid
// for broken percent-encoding, kLimit above kFormPairsMax.
Result<FormPairs> parse_form(std::string_view text);
std::string encode_form(const FormPairs& pairs);

}  // namespace multiaz::wire
