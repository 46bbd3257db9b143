// The JSON views with the additions of pages: prices and dates as text.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "webnode/web/views.h"

namespace multiaz::webnode {

nlohmann::json product_card(const Product& product);
nlohmann::json cart_page_view(const Cart& cart);  // "lines", "total", "empty"
nlohmann::json order_page_view(const Order& order);

}  // namespace multiaz::webnode
