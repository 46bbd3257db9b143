// The members of one JSON object, read into variables of the right type. The first mistake is kept,
// so a record is read in one go and asked once:
//
//   jsonio::Fields<Json> in(from);
//   in.need("name", out.name).may("port", out.port);
//   if (!in.ok()) return in.error();   // kInvalid: "port" is an integer from 0 to 65535
//
// Absent and null are the same. Nothing throws.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace multiaz::jsonio {

template <typename Json>
class Fields {
 public:
  // Any other value than an object is a mistake. REQUIRES: `from` outlives this object.
  explicit Fields(const Json& from);

  // T: std::string, bool, double, the integers (bounded by their type), std::vector<std::string>,
  // std::set<std::string>, std::map<std::string, std::string>.
  template <typename T>
  Fields& need(std::string_view key, T& into) {
    return read(key, into, true);
  }
  template <typename T>
  Fields& may(std::string_view key, T& into) {
    return read(key, into, false);
  }
  template <typename T>
  Fields& may(std::string_view key, std::optional<T>& into) {
    T value{};
    if (!has(key) || !read(key, value, false).ok()) return *this;
    into = value;
    return *this;
  }

  // The items of an array, or the object (or any other value) under a key. They are empty or null
  // after a mistake and when the key is absent.
  std::vector<const Json*> need_items(std::string_view key) { return items(key, true); }
  std::vector<const Json*> may_items(std::string_view key) { return items(key, false); }
  const Json* need_value(std::string_view key);

  [[nodiscard]] bool has(std::string_view key) const;
  [[nodiscard]] bool ok() const { return status_.ok(); }
  [[nodiscard]] const Error& error() const { return status_.error(); }
  [[nodiscard]] const Status& status() const { return status_; }
  // Reports another mistake of this record; only the first one is kept.
  void fail(Error error);

 private:
  Fields& read(std::string_view key, std::string& into, bool needed);
  Fields& read(std::string_view key, bool& into, bool needed);
  Fields& read(std::string_view key, double& into, bool needed);
  Fields& read(std::string_view key, int& into, bool needed);
  Fields& read(std::string_view key, int64_t& into, bool needed);
  Fields& read(std::string_view key, uint16_t& into, bool needed);
  Fields& read(std::string_view key, uint32_t& into, bool needed);
  Fields& read(std::string_view key, uint64_t& into, bool needed);
  Fields& read(std::string_view key, std::vector<std::string>& into, bool needed);
  Fields& read(std::string_view key, std::set<std::string>& into, bool needed);
  Fields& read(std::string_view key, std::map<std::string, std::string>& into, bool needed);
  std::vector<const Json*> items(std::string_view key, bool needed);
  // Whether there is a value to read. An absent value that is needed is a mistake.
  bool there(std::string_view key, bool needed);
  template <typename T, typename Value>
  Fields& take(Result<Value> value, T& into);

  const Json& from_;
  Status status_;
};

// --- values that are only shown
// The value as a person reads it: texts as they are, everything else as JSON, "-" for nothing.
template <typename Json>
std::string shown(const Json& value);
// The same for the value under the key; "-" when there is none.
template <typename Json>
std::string shown(const Json& from, std::string_view key);

// For values that are only shown: the value under the key, or null; its array or object, or an
// empty one.
template <typename Json>
const Json& value_in(const Json& from, std::string_view key);
template <typename Json>
const Json& items_in(const Json& from, std::string_view key);
template <typename Json>
const Json& members_in(const Json& from, std::string_view key);
// The item at the place of an array, counted from 0; nullptr beyond its end and in anything else.
template <typename Json>
const Json* item_at(const Json& from, size_t place);
// The value itself as a text, without a copy: "" unless it is a string. REQUIRES: the value
// outlives the view.
template <typename Json>
std::string_view text_view(const Json& value);
// 0, "" and false when the value is no number, no text and not true.
template <typename Json>
double number_in(const Json& from, std::string_view key);
template <typename Json>
uint64_t count_in(const Json& from, std::string_view key);
template <typename Json>
std::string text_in(const Json& from, std::string_view key);
template <typename Json>
bool flag_in(const Json& from, std::string_view key);

}  // namespace multiaz::jsonio
