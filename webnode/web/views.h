// The shop's objects as JSON: the API answers with them, and pages are rendered from them.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/http/message.h"
#include "webnode/shop/accounts.h"
#include "webnode/shop/cart.h"
#include "webnode/shop/orders.h"
#include "webnode/shop/products.h"

namespace multiaz::webnode {

nlohmann::json product_view(const Product& product);   // as lists show it
nlohmann::json stock_view(const ProductStock& found);  // with description and stock
nlohmann::json line_view(const CartLine& line);
nlohmann::json cart_view(const Cart& cart);
nlohmann::json order_view(const Order& order);       // as a checkout returns it
nlohmann::json past_order_view(const Order& order);  // as the history shows it
nlohmann::json address_view(const Address& address);
nlohmann::json user_view(const User& user);

// The target of the same list's next page: "/api/orders?page=3&page_size=50".
std::string next_page(std::string_view path, const wire::FormPairs& query, int64_t page);

http::Response json_answer(int status, const nlohmann::json& body);

}  // namespace multiaz::webnode
