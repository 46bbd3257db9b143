// Orders as SQL: the statements of a checkout, and rows back into orders.
#pragma once

#include <string>
#include <vector>

#include "webnode/shop/orders.h"

namespace multiaz::webnode {

// One order with its lines and the stock they take, to be run in one transaction. Its errors:
// kConflict (the key or a line's uid is there already), kLimit (not enough stock).
Batch order_batch(const Order& order);

// Which orders. Empty texts ask for nothing; one of `id` and `account` is given.
struct OrderQuery {
  std::string id, account, key;  // `key` counts within its account
  int64_t limit = 1, skip = 0;   // newest first
};
// In two statements: heads, then lines.
void append_order_query(const OrderQuery& query, Batch& batch);
std::vector<Order> read_orders(const Rows& heads, const Rows& lines);

// Which of these uids were ordered before.
Statement ordered_uids(const std::vector<CartLine>& lines);
// The stock of what these lines want, in their order: one statement each.
Batch stock_batch(const std::vector<CartLine>& lines);

}  // namespace multiaz::webnode
