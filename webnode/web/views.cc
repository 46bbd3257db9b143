#include "webnode/web/views.h"

#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"

namespace multiaz::webnode {

using nlohmann::json;

json product_view(const Product& product) {
  return {{"id", product.id},
          {"name", product.name},
          {"category", product.category},
          {"colour", product.colour},
          {"price_cents", product.price_cents},
          {"sizes", product.sizes},
          {"image", image_path(product.id)}};
}

json stock_view(const ProductStock& found) {
  json view = product_view(found.product);
  view["description"] = found.product.description;
  view["stock"] = json::object();
  for (const auto& [size, qty] : found.stock) view["stock"][size] = qty;
  return view;
}

json line_view(const CartLine& line) {
  json view = {{"line", line.line}, {"product", line.product}, {"name", line.name},
               {"size", line.size}, {"qty", line.qty},         {"price_cents", line.price_cents},
               {"op", nullptr}};
  if (!line.op.empty()) view["op"] = line.op;
  return view;
}

namespace {

json lines_view(const std::vector<CartLine>& lines) {
  json list = json::array();
  for (const CartLine& line : lines) list.push_back(line_view(line));
  return list;
}

}  // namespace

json cart_view(const Cart& cart) {
  return {{"lines", lines_view(cart.lines)}, {"total_cents", cart.total_cents()}};
}

json order_view(const Order& order) {
  return {
      {"order", order.id}, {"lines", lines_view(order.lines)}, {"total_cents", order.total_cents}};
}

json past_order_view(const Order& order) {
  json view = order_view(order);
  view["created_ms"] = order.created_ms;
  view["key"] = order.key;
  view["ship_to"] = order.ship_to;
  return view;
}

json address_view(const Address& address) {
  return {{"recipient", address.recipient},
          {"street", address.street},
          {"city", address.city},
          {"postcode", address.postcode},
          {"country", address.country}};
}

json user_view(const User& user) {
  return {{"email", user.email}, {"name", user.name}};
}

std::string next_page(std::string_view path, const wire::FormPairs& query, int64_t page) {
  wire::FormPairs pairs;
  for (const auto& [name, value] : query) {
    if (name != "page") pairs.add(name, value);
  }
  pairs.add("page", std::to_string(page + 1));
  return std::string(path) + "?" + wire::encode_form(pairs);
}

http::Response json_answer(int status, const json& body) {
  return http::json_response(status, jsonio::dump(body));
}

}  // namespace multiaz::webnode
