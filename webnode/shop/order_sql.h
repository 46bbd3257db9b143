// Orders as SQL: the statements of a checkout, and rows back into orders.
#pragma once

#include <string>
#include <vector>

#include "webnode/shop/orders.h"

namespace multiaz::webnode {

// One order with its lines and the stock they take, to be run in one transaction. Its errors:
// kConflict (the key or a line's uid is there already), kLimit (not enough stock).
Batch order_batch(const Order& order);

// Orders by one column ("account", "id", "idempotency_key") in two statements: heads, then lines.
void append_order_query(std::string_view column, const std::string& value, Batch& batch);
std::vector<Order> read_orders(const Rows& heads, const Rows& lines);

// Which of these uids were ordered before.
Statement ordered_uids(const std::vector<CartLine>& lines);
// The stock of what these lines want, in their order: one statement each.
Batch stock_batch(const std::vector<CartLine>& lines);

}  // namespace multiaz::webnode
