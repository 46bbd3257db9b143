// The cart: lines in the session's store. Every write has a fixed value under the line's unique id,
// so sending it twice has the effect of sending it once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "webnode/sessions/store.h"
#include "webnode/shop/shop.h"

namespace multiaz::webnode {

constexpr int64_t kCartLinesMax = 100;
constexpr int64_t kLineQtyMax = 99;

struct CartLine {
  std::string line;  // chosen by the client or by the shop
  int64_t product = 0;
  std::string size;
  int64_t qty = 0, price_cents = 0;
  std::string name, op;  // op: the client's name of the last write, or ""
  std::string uid;       // made when the line was created; a uid is ordered at most once
  int64_t added_ms = 0;
};
struct Cart {
  std::vector<CartLine> lines;  // in the order in which they were added
  [[nodiscard]] int64_t total_cents() const;
};

std::string write_line(const CartLine& line);  // the JSON that is stored
std::optional<CartLine> read_line(std::string_view id, std::string_view stored);

rt::Task<Result<Cart>> load_cart(Shop& shop, SessionAt& at, Nanos until);
Cart read_cart(const std::vector<StoredLine>& stored);

struct NewLine {
  std::string line, size, op;  // an empty `line` lets the shop choose
  int64_t product = 0, qty = 1;
};
struct AddedLine {
  CartLine line;
  bool created = false;  // false when it existed already with the same content
};
// kNotFound ("no_such_product"), kInvalid (the size), kConflict ("line_exists" with other
// content, "cart_full": the cart is as it was).
rt::Task<Result<AddedLine>> add_line(Shop& shop, SessionAt& at, NewLine wanted, Nanos until);
// kNotFound ("no_such_line").
rt::Task<Result<CartLine>> change_line(Shop& shop, SessionAt& at, std::string line, int64_t qty,
                                       std::string op, Nanos until);
// Returns whether this call removed the line.
rt::Task<Result<bool>> remove_line(Shop& shop, SessionAt& at, std::string line, Nanos until);
// Removes exactly these lines.
rt::Task<Status> remove_lines(Shop& shop, SessionAt& at, std::vector<std::string> lines,
                              Nanos until);

}  // namespace multiaz::webnode
