// Reads the answers of the shop's API as the ledger's values.
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "chaos/shopping.h"

namespace multiaz::chaos {

namespace {

using Json = nlohmann::json;

// An identifier is a text or a number; nothing when there is none.
std::optional<std::string> id_in(const Json& from, const char* key) {
  const Json* value = jsonio::find(from, key);
  return value ? std::optional(jsonio::shown(*value)) : std::nullopt;
}

std::optional<Order> order_of(const Json& value) {
  const auto id = id_in(value, "order");
  const auto key = jsonio::text(value, "key", "");
  const Json* lines = jsonio::find(value, "lines");
  if (!id || !key || !lines || !lines->is_array()) return std::nullopt;
  Order out{*id, *key, {}};
  for (const Json& one : *lines) {
    const auto line = one.is_object() ? id_in(one, "line") : jsonio::shown(one);
    if (!line) return std::nullopt;
    out.lines.push_back(*line);
  }
  return out;
}

std::optional<CartLine> line_of(const Json& value) {
  const auto id = id_in(value, "line");
  const auto qty = jsonio::integer(value, "qty", INT64_MIN, INT64_MAX);
  const auto op = jsonio::text(value, "op", "");
  if (!id || !qty || !op) return std::nullopt;
  return CartLine{*id, *qty, *op};
}

// The array under the key of an answer, each item read by `read`; nothing when an item is not
// readable.
template <typename T>
std::optional<std::vector<T>> items_of(const std::string& body, const char* key,
                                       std::optional<T> (*read)(const Json&)) {
  const auto answer = jsonio::parse_object(body);
  const Json* list = answer ? jsonio::find(*answer, key) : nullptr;
  if (!list || !list->is_array()) return std::nullopt;
  std::vector<T> out;
  for (const Json& item : *list) {
    auto one = read(item);
    if (!one) return std::nullopt;
    out.push_back(std::move(*one));
  }
  return out;
}

}  // namespace

std::optional<std::vector<CartLine>> parse_cart(const std::string& body) {
  return items_of<CartLine>(body, "lines", line_of);
}

std::optional<std::vector<Order>> parse_orders(const std::string& body) {
  return items_of<Order>(body, "orders", order_of);
}

std::optional<Order> parse_checkout(const std::string& body, const std::string& key) {
  const auto answer = jsonio::parse_object(body);
  auto out = answer ? order_of(*answer) : std::nullopt;
  if (out) out->key = key;
  return out;
}

}  // namespace multiaz::chaos
