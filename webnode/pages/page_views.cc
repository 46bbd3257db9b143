#include "webnode/pages/page_views.h"

#include <nlohmann/json.hpp>

#include "webnode/pages/render.h"

namespace multiaz::webnode {

using nlohmann::json;

namespace {

json lines_page_view(const std::vector<CartLine>& lines) {
  json list = json::array();
  for (const CartLine& line : lines) {
    json view = line_view(line);
    view["price"] = price_text(line.price_cents);
    view["sum"] = price_text(line.price_cents * line.qty);
    view["image"] = image_path(line.product);
    list.push_back(std::move(view));
  }
  return list;
}

}  // namespace

json product_card(const Product& product) {
  json view = product_view(product);
  view["price"] = price_text(product.price_cents);
  return view;
}

json cart_page_view(const Cart& cart) {
  return {{"lines", lines_page_view(cart.lines)},
          {"total", price_text(cart.total_cents())},
          {"empty", cart.lines.empty()}};
}

json order_page_view(const Order& order) {
  return {{"order", order.id},
          {"lines", lines_page_view(order.lines)},
          {"count", order.lines.size()},
          {"total", price_text(order.total_cents)},
          {"date", date_text(order.created_ms)},
          {"ship_to", order.ship_to}};
}

}  // namespace multiaz::webnode
