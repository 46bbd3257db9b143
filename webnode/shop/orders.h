// Orders: checkout with an idempotency key, and the history.
#pragma once

#include <string>
#include <vector>

#include "webnode/shop/cart.h"
#include "webnode/shop/session.h"
#include "webnode/shop/shop.h"

namespace multiaz::webnode {

constexpr size_t kIdempotencyKeyBytesMin = 8;
constexpr size_t kIdempotencyKeyBytesMax = 128;

struct Order {
  std::string id, account, key, request_digest, ship_to;
  int64_t created_ms = 0, total_cents = 0;
  std::vector<CartLine> lines;  // as they were in the cart
};

struct CheckoutRequest {
  User user;
  std::string key;
  std::string body;  // as it was sent: the same key with another body is refused
};
struct CheckoutResult {
  Order order;
  bool created = false;  // false when this key had ordered before
};
// Order, lines, stock and key commit together or not at all; then exactly the ordered lines leave
// the cart. kConflict ("cart_empty", "out_of_stock", "key_reused" = 422). A key belongs to its
// account, so equal keys of other accounts do not matter. After kTimeout the same key gives the
// order if there is one. A cart line is ordered at most once, whatever the key.
rt::Task<Result<CheckoutResult>> check_out(Shop& shop, SessionAt& at, CheckoutRequest request,
                                           Nanos until);

// One page, newest first, each order complete. The data is at least as new as the position `since`
// (Db::browse_since).
constexpr int64_t kOrdersPageDefault = 20;
constexpr int64_t kOrdersPageMax = 100;
struct OrderPageWanted {
  int64_t page = 1;  // counted from 1
  int64_t page_size = kOrdersPageDefault;
};
struct OrderPage {
  std::vector<Order> orders;
  bool more = false;  // whether there is another page
};
rt::Task<Result<OrderPage>> list_orders(Shop& shop, std::string account, OrderPageWanted wanted,
                                        uint64_t since, Nanos until);
// kNotFound ("no_such_order"), also for orders of other people.
rt::Task<Result<Order>> find_order(Shop& shop, std::string account, std::string id, uint64_t since,
                                   Nanos until);

}  // namespace multiaz::webnode
