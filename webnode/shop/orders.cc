#include "webnode/shop/orders.h"

#include <optional>
#include <set>

#include "base/faults/inner_faults.h"
#include "base/core/log.h"
#include "base/core/random.h"
#include "webnode/shop/accounts.h"
#include "webnode/shop/order_sql.h"
#include "webnode/shop/products.h"
#include "webnode/shop/refusal.h"

namespace multiaz::webnode {

namespace {

// one more round after each lost race against an attempt of our own
constexpr int kCheckoutRoundsMax = 4;

// What the database knows before an order is attempted.
struct Before {
  std::optional<Order> done;           // the order that the key has made already
  std::set<std::string> ordered_uids;  // lines that belong to some order
  std::string ship_to;
};

std::string one_line(const Address& address) {
  return address.recipient + ", " + address.street + ", " + address.postcode + " " + address.city +
         ", " + address.country;
}

rt::Task<Result<Before>> look_up(Shop& shop, std::string key, std::string account,
                                 std::vector<CartLine> lines, Nanos until) {
  Batch batch;
  OrderQuery query;
  query.account = account;
  query.key = key;
  append_order_query(query, batch);
  batch.push_back(ordered_uids(lines));
  batch.push_back(address_statement(account));
  const Result<RowSets> sets = co_await shop.db.run(std::move(batch), until);
  if (!sets) co_return Error(Code::kUnavailable, sets.error().detail);
  Before before;
  std::vector<Order> orders = read_orders((*sets)[0], (*sets)[1]);
  if (!orders.empty()) before.done = std::move(orders.front());
  const Rows& uids = (*sets)[2];
  for (size_t i = 0; i < uids.size(); ++i) before.ordered_uids.insert(uids.text(i, 0));
  const std::optional<Address> address = read_address((*sets)[3]);
  if (address) before.ship_to = one_line(*address);
  co_return before;
}

// Removes the lines of an order from the cart. They are found by uid, so a line that was added anew
// under an old name stays.
rt::Task<Status> clear_ordered(Shop& shop, SessionAt& at, std::vector<CartLine> cart,
                               std::set<std::string> uids, Nanos until) {
  std::vector<std::string> names;
  for (const CartLine& line : cart) {
    if (uids.contains(line.uid)) names.push_back(line.line);
  }
  const Status removed = co_await remove_lines(shop, at, std::move(names), until);
  if (removed) co_return Status();
  // The order stands whatever the cart holds; the same key repairs it.
  co_return in_doubt(removed.error());
}

std::set<std::string> uids_of(const std::vector<CartLine>& lines) {
  std::set<std::string> uids;
  for (const CartLine& line : lines) uids.insert(line.uid);
  return uids;
}

std::vector<int64_t> products_of(const std::vector<CartLine>& lines) {
  std::set<int64_t> ids;
  for (const CartLine& line : lines) ids.insert(line.product);
  return {ids.begin(), ids.end()};
}

Order draft_order(const CheckoutRequest& request, const Before& before,
                  const std::vector<CartLine>& cart) {
  Order order;
  order.created_ms = wall_now_ms();
  order.id = std::to_string(order.created_ms) + "-" + secret_hex(4);
  order.account = request.user.account;
  order.key = request.key;
  order.request_digest = digest_hex(request.body);
  order.ship_to = before.ship_to;
  for (const CartLine& line : cart) {
    if (before.ordered_uids.contains(line.uid)) continue;
    order.lines.push_back(line);
    order.total_cents += line.qty * line.price_cents;
  }
  return order;
}

// Names the items that are short. The transaction was rolled back, so nothing has changed.
rt::Task<Error> out_of_stock(Shop& shop, std::vector<CartLine> lines, Nanos until) {
  std::string what = "Something in the cart";
  const Result<RowSets> sets = co_await shop.db.run(stock_batch(lines), until);
  for (size_t i = 0; sets && i < lines.size(); ++i) {
    const Rows& rows = (*sets)[i];
    if (!rows.empty() && rows.number(0, 0) >= lines[i].qty) continue;
    what = lines[i].name + " in size " + lines[i].size;
    break;
  }
  co_return refuse(Code::kConflict, "out_of_stock", what + " is sold out in that quantity.");
}

// The mistake "no-idempotency": the database cannot see that a line was ordered before.
Order forget_lines(Order order) {
  for (CartLine& line : order.lines) line.uid += "-" + secret_hex(4);
  return order;
}

rt::Task<Result<CheckoutResult>> repeat(Shop& shop, SessionAt& at, CheckoutRequest request,
                                        Order order, std::vector<CartLine> cart, Nanos until) {
  const bool same =
      order.account == request.user.account && order.request_digest == digest_hex(request.body);
  if (!same) {
    co_return refuse(Code::kConflict, "key_reused",
                     "This Idempotency-Key belongs to another order.");
  }
  const Status cleared =
      co_await clear_ordered(shop, at, std::move(cart), uids_of(order.lines), until);
  if (!cleared) co_return cleared.error();
  CheckoutResult result;
  result.order = std::move(order);
  co_return result;
}

}  // namespace

rt::Task<Result<CheckoutResult>> check_out(Shop& shop, SessionAt& at, CheckoutRequest request,
                                           Nanos until) {
  if (shop.config.forget_keys) request.key += "-" + secret_hex(4);
  bool may_exist = false;
  for (int round = 0; round < kCheckoutRoundsMax; ++round) {
    const Result<Cart> cart = co_await load_cart(shop, at, until);
    if (!cart) co_return may_exist ? in_doubt(cart.error()) : cart.error();
    Result<Before> before =
        co_await look_up(shop, request.key, request.user.account, cart->lines, until);
    if (!before) co_return may_exist ? in_doubt(before.error()) : before.error();
    if (before->done) {
      Result<CheckoutResult> repeated =
          co_await repeat(shop, at, request, std::move(*before->done), cart->lines, until);
      if (repeated) repeated->created = may_exist;
      co_return repeated;
    }
    CheckoutResult result;
    result.order = draft_order(request, *before, cart->lines);
    if (!before->ordered_uids.empty()) {
      (void)co_await clear_ordered(shop, at, cart->lines, before->ordered_uids, until);
    }
    // Every line was ordered between our two reads, perhaps under this very key, so look again.
    if (result.order.lines.empty() && !before->ordered_uids.empty()) continue;
    if (result.order.lines.empty()) {
      co_return refuse(Code::kConflict, "cart_empty", "The cart is empty.");
    }
    const Order stored = shop.config.forget_keys ? forget_lines(result.order) : result.order;
    const Result<RowSets> done = co_await shop.db.transaction(order_batch(stored), until);
    fault_point("after_db_commit");
    if (done) {
      ++shop.counters.orders;
      const Status cleared =
          co_await clear_ordered(shop, at, result.order.lines, uids_of(result.order.lines), until);
      if (!cleared) co_return cleared.error();
      co_await products_changed(shop, products_of(result.order.lines), until);
      result.created = true;
      co_return result;
    }
    if (done.error().code == Code::kLimit) {
      const Error short_of = co_await out_of_stock(shop, result.order.lines, until);
      co_return short_of;
    }
    // kConflict: this key or one of these lines was ordered a moment ago, perhaps by an earlier
    // attempt whose answer was lost. The next round finds out.
    if (done.error().code != Code::kConflict) co_return done.error();
    may_exist = true;
  }
  co_return Error(Code::kTimeout, "the checkout lost every race with other checkouts");
}

rt::Task<Result<OrderPage>> list_orders(Shop& shop, std::string account, OrderPageWanted wanted,
                                        uint64_t since, Nanos until) {
  OrderQuery query;
  query.account = std::move(account);
  query.limit = wanted.page_size + 1;  // one more row, which tells whether there is another page
  query.skip = (wanted.page - 1) * wanted.page_size;
  Batch batch;
  append_order_query(query, batch);
  const Result<RowSets> sets = co_await shop.db.browse_since(std::move(batch), since, until);
  if (!sets) co_return Error(Code::kUnavailable, sets.error().detail);
  OrderPage page;
  page.orders = read_orders((*sets)[0], (*sets)[1]);
  page.more = page.orders.size() > static_cast<size_t>(wanted.page_size);
  if (page.more) page.orders.pop_back();
  co_return page;
}

rt::Task<Result<Order>> find_order(Shop& shop, std::string account, std::string id, uint64_t since,
                                   Nanos until) {
  Batch batch;
  OrderQuery query;
  query.id = std::move(id);
  append_order_query(query, batch);
  const Result<RowSets> sets = co_await shop.db.browse_since(std::move(batch), since, until);
  if (!sets) co_return Error(Code::kUnavailable, sets.error().detail);
  std::vector<Order> orders = read_orders((*sets)[0], (*sets)[1]);
  if (orders.empty() || orders.front().account != account) {
    co_return refuse(Code::kNotFound, "no_such_order", "You have no such order.");
  }
  co_return std::move(orders.front());
}

}  // namespace multiaz::webnode
