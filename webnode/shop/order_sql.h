// Orders as SQL: the statements of a checkout, and rows back into orders.
#pragma once

#include <string>
#include <vector>

#include "webnode/shop/orders.h"

namespace multiaz::webnode {

// One order with its lines and the stock that they take, to be run in one transaction. Errors:
// kConflict (the key or a line's uid exists already), kLimit (not enough stock).
Batch order_batch(const Order& order);

// Selects orders. Empty texts select nothing; either `id` or `account` is given.
struct OrderQuery {
  std::string id, account, key;  // `key` is unique within its account
  int64_t limit = 1, skip = 0;   // newest first
};
// Appends two statements: one for heads, one for lines.
void append_order_query(const OrderQuery& query, Batch& batch);
std::vector<Order> read_orders(const Rows& heads, const Rows& lines);

// Finds which of these uids were ordered before.
Statement ordered_uids(const std::vector<CartLine>& lines);
// Reads the stock for these lines: one statement for each, in their order.
Batch stock_batch(const std::vector<CartLine>& lines);

}  // namespace multiaz::webnode
