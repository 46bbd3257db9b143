// What the shop's API answers, as the ledger's values.
#include <nlohmann/json.hpp>
#include <optional>

#include "chaos/shoppers.h"

namespace multiaz::chaos {

namespace {

using Json = nlohmann::json;

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::vector<std::string> line_ids(const Json& lines) {
  std::vector<std::string> out;
  for (const Json& line : lines) out.push_back(text_of(line.is_object() ? line.at("line") : line));
  return out;
}

Order order_of(const Json& value) {
  Order out;
  out.order = text_of(value.at("order"));
  out.key = value.value("key", "");
  out.lines = line_ids(value.at("lines"));
  return out;
}

}  // namespace

std::optional<std::vector<CartLine>> parse_cart(const std::string& body) {
  try {
    const Json cart = Json::parse(body);
    std::vector<CartLine> out;
    for (const Json& one : cart.at("lines")) {
      CartLine line;
      line.line = text_of(one.at("line"));
      line.qty = one.at("qty").get<int64_t>();
      line.op = one.value("op", "");
      out.push_back(std::move(line));
    }
    return out;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::optional<std::vector<Order>> parse_orders(const std::string& body) {
  try {
    const Json orders = Json::parse(body);
    std::vector<Order> out;
    for (const Json& one : orders.at("orders")) out.push_back(order_of(one));
    return out;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::optional<Order> parse_checkout(const std::string& body, const std::string& key) {
  try {
    Order out = order_of(Json::parse(body));
    out.key = key;
    return out;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace multiaz::chaos
