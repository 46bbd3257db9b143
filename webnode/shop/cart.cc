#include "webnode/shop/cart.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/jsonio.h"
#include "base/core/log.h"
#include "base/core/random.h"
#include "webnode/shop/products.h"
#include "webnode/shop/refusal.h"

namespace multiaz::webnode {

namespace {

using nlohmann::json;

constexpr int64_t kStoredNumberMax = INT64_MAX / 2;
constexpr int64_t kStoredPriceCentsMax = 1'000'000'000;

bool same_content(const CartLine& a, const CartLine& b) {
  return a.product == b.product && a.size == b.size && a.qty == b.qty && a.op == b.op;
}

// Only a store with little room reports this; the limit of lines per cart is checked here.
Error no_room(const Error& error) {
  if (error.code != Code::kConflict) return error;
  return refuse(
      Code::kConflict, "cart_full",
      "The cart travels in a cookie, and a cookie holds 4 KB: this does not fit any more. "
      "The cart is as it was.");
}

Result<CartLine> make_line(const Product& product, const NewLine& wanted) {
  if (std::find(product.sizes.begin(), product.sizes.end(), wanted.size) == product.sizes.end()) {
    return refuse(Code::kInvalid, "invalid",
                  "size must be one of " + join_sizes(product.sizes) + ".", "size");
  }
  CartLine line;
  line.line = wanted.line.empty() ? secret_hex(8) : wanted.line;
  line.product = product.id;
  line.size = wanted.size;
  line.qty = wanted.qty;
  line.price_cents = product.price_cents;
  line.name = product.name;
  line.op = wanted.op;
  line.uid = secret_hex(12);
  line.added_ms = wall_now_ms();
  return line;
}

}  // namespace

int64_t Cart::total_cents() const {
  int64_t total = 0;
  for (const CartLine& line : lines) total += line.qty * line.price_cents;
  return total;
}

std::string write_line(const CartLine& line) {
  const json out = {{"product", line.product}, {"size", line.size},
                    {"qty", line.qty},         {"price_cents", line.price_cents},
                    {"name", line.name},       {"op", line.op},
                    {"uid", line.uid},         {"added_ms", line.added_ms}};
  return jsonio::dump(out);
}

std::optional<CartLine> read_line(std::string_view id, std::string_view stored) {
  const auto in = jsonio::parse_object(stored);
  if (!in) return std::nullopt;
  CartLine line;
  line.line = id;
  const std::pair<const char*, std::string*> texts[] = {
      {"size", &line.size}, {"name", &line.name}, {"op", &line.op}, {"uid", &line.uid}};
  for (const auto& [key, to] : texts) {
    const auto text = jsonio::text(*in, key);
    if (!text) return std::nullopt;
    *to = *text;
  }
  // The bounds keep the sum of a cart within its type, whatever is in the store.
  const std::pair<const char*, int64_t*> numbers[] = {{"product", &line.product},
                                                      {"qty", &line.qty},
                                                      {"price_cents", &line.price_cents},
                                                      {"added_ms", &line.added_ms}};
  for (const auto& [key, to] : numbers) {
    const auto number = jsonio::integer(*in, key, 0, kStoredNumberMax);
    if (!number) return std::nullopt;
    *to = *number;
  }
  if (line.qty > kLineQtyMax || line.price_cents > kStoredPriceCentsMax) return std::nullopt;
  return line;
}

Cart read_cart(const std::vector<StoredLine>& stored) {
  Cart cart;
  for (const StoredLine& one : stored) {
    std::optional<CartLine> line = read_line(one.line, one.text);
    if (line)
      cart.lines.push_back(std::move(*line));
    else
      log::warn("a cart line is not readable: " + one.line);
  }
  std::sort(cart.lines.begin(), cart.lines.end(), [](const CartLine& a, const CartLine& b) {
    return std::tie(a.added_ms, a.line) < std::tie(b.added_ms, b.line);
  });
  return cart;
}

rt::Task<Result<Cart>> load_cart(Shop& shop, SessionAt& at, Nanos until) {
  const auto stored = co_await shop.sessions->lines(at, until);
  if (!stored) co_return stored.error();
  co_return read_cart(*stored);
}

rt::Task<Result<AddedLine>> add_line(Shop& shop, SessionAt& at, NewLine wanted, Nanos until) {
  const Result<ProductStock> found = co_await find_product(shop, wanted.product, until);
  if (!found) co_return found.error();
  Result<CartLine> made = make_line(found->product, wanted);
  if (!made) co_return made.error();

  AddedLine added;
  added.line = std::move(*made);
  StoredLine line;
  line.line = added.line.line;
  line.text = write_line(added.line);
  const Result<PutNew> put = co_await shop.sessions->put_new_line(at, std::move(line), until);
  if (!put) co_return no_room(put.error());
  added.created = put->created;
  if (!added.created) {
    const std::optional<CartLine> stored = read_line(added.line.line, put->stored);
    if (!stored || !same_content(*stored, added.line)) {
      co_return refuse(Code::kConflict, "line_exists",
                       "The cart has this line already, with other content.");
    }
    added.line = *stored;
  }
  if (added.created && put->lines > kCartLinesMax) {
    (void)co_await remove_line(shop, at, added.line.line, until);
    co_return refuse(Code::kConflict, "cart_full", "The cart is full: 100 lines.");
  }
  co_return added;
}

rt::Task<Result<CartLine>> change_line(Shop& shop, SessionAt& at, std::string line, int64_t qty,
                                       std::string op, Nanos until) {
  const auto found = co_await shop.sessions->find_line(at, line, until);
  if (!found) co_return found.error();
  std::optional<CartLine> stored;
  if (*found) stored = read_line(line, **found);
  if (!stored) {
    co_return refuse(Code::kNotFound, "no_such_line", "The cart has no such line.");
  }
  stored->qty = qty;
  stored->op = std::move(op);
  StoredLine changed;
  changed.line = line;
  changed.text = write_line(*stored);
  const Status written = co_await shop.sessions->put_line(at, std::move(changed), until);
  if (!written) co_return no_room(written.error());
  co_return *stored;
}

rt::Task<Result<bool>> remove_line(Shop& shop, SessionAt& at, std::string line, Nanos until) {
  std::vector<std::string> lines;
  lines.push_back(std::move(line));
  const Result<int64_t> removed = co_await shop.sessions->remove_lines(at, std::move(lines), until);
  if (!removed) co_return removed.error();
  co_return *removed == 1;
}

rt::Task<Status> remove_lines(Shop& shop, SessionAt& at, std::vector<std::string> lines,
                              Nanos until) {
  if (lines.empty()) co_return Status();
  const Result<int64_t> removed = co_await shop.sessions->remove_lines(at, std::move(lines), until);
  if (!removed) co_return removed.error();
  co_return Status();
}

}  // namespace multiaz::webnode
