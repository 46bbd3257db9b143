#include "webnode/shop/cart.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/log.h"
#include "base/core/random.h"
#include "webnode/shop/products.h"
#include "webnode/shop/refusal.h"
#include "webnode/shop/session.h"

namespace multiaz::webnode {

namespace {

using nlohmann::json;

Command touch(const std::string& session_id) {
  return Command{"EXPIRE", cart_key(session_id), std::to_string(kSessionTtlS)};
}

bool same_content(const CartLine& a, const CartLine& b) {
  return a.product == b.product && a.size == b.size && a.qty == b.qty && a.op == b.op;
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
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<CartLine> read_line(std::string_view id, std::string_view stored) {
  const json in = json::parse(stored, nullptr, false);
  if (!in.is_object()) return std::nullopt;
  CartLine line;
  try {
    line.line = id;
    line.product = in.at("product").get<int64_t>();
    line.size = in.at("size").get<std::string>();
    line.qty = in.at("qty").get<int64_t>();
    line.price_cents = in.at("price_cents").get<int64_t>();
    line.name = in.at("name").get<std::string>();
    line.op = in.at("op").get<std::string>();
    line.uid = in.at("uid").get<std::string>();
    line.added_ms = in.at("added_ms").get<int64_t>();
  } catch (const json::exception&) {
    return std::nullopt;
  }
  return line;
}

Cart read_cart(const Reply& hgetall) {
  Cart cart;
  for (size_t i = 0; i + 1 < hgetall.items.size(); i += 2) {
    std::optional<CartLine> line = read_line(hgetall.items[i].text, hgetall.items[i + 1].text);
    if (line) {
      cart.lines.push_back(std::move(*line));
    } else {
      log::warn("a cart line is not readable: " + hgetall.items[i].text);
    }
  }
  std::sort(cart.lines.begin(), cart.lines.end(), [](const CartLine& a, const CartLine& b) {
    return std::tie(a.added_ms, a.line) < std::tie(b.added_ms, b.line);
  });
  return cart;
}

rt::Task<Result<Cart>> load_cart(Shop& shop, std::string session_id, Nanos until) {
  Commands commands;
  commands.push_back(Command{"HGETALL", cart_key(session_id)});
  const Result<Replies> replies = co_await shop.cache.read(std::move(commands), until);
  if (!replies) co_return replies.error();
  co_return read_cart(replies->front());
}

rt::Task<Result<AddedLine>> add_line(Shop& shop, std::string session_id, NewLine wanted,
                                     Nanos until) {
  const Result<ProductStock> found = co_await find_product(shop, wanted.product, until);
  if (!found) co_return found.error();
  Result<CartLine> made = make_line(found->product, wanted);
  if (!made) co_return made.error();

  AddedLine added;
  added.line = std::move(*made);
  const std::string key = cart_key(session_id);
  Commands commands;
  commands.push_back(Command{"HSETNX", key, added.line.line, write_line(added.line)});
  commands.push_back(Command{"HGET", key, added.line.line});
  commands.push_back(Command{"HLEN", key});
  commands.push_back(touch(session_id));
  const Result<Replies> replies = co_await shop.cache.write(std::move(commands), until);
  if (!replies) co_return replies.error();

  const std::optional<CartLine> stored = read_line(added.line.line, (*replies)[1].text);
  // Created here, or by an attempt of this very call whose answer was lost.
  added.created = (*replies)[0].integer == 1 || (stored && stored->uid == added.line.uid);
  if (!added.created) {
    if (!stored || !same_content(*stored, added.line)) {
      co_return refuse(Code::kConflict, "line_exists",
                       "The cart has this line already, with other content.");
    }
    added.line = *stored;
  }
  if (added.created && (*replies)[2].integer > kCartLinesMax) {
    (void)co_await remove_line(shop, session_id, added.line.line, until);
    co_return refuse(Code::kConflict, "cart_full", "The cart is full: 100 lines.");
  }
  co_return added;
}

rt::Task<Result<CartLine>> change_line(Shop& shop, std::string session_id, std::string line,
                                       int64_t qty, std::string op, Nanos until) {
  Commands look;
  look.push_back(Command{"HGET", cart_key(session_id), line});
  const Result<Replies> found = co_await shop.cache.read(std::move(look), until);
  if (!found) co_return found.error();
  std::optional<CartLine> stored = read_line(line, found->front().text);
  if (!stored) {
    co_return refuse(Code::kNotFound, "no_such_line", "The cart has no such line.");
  }
  stored->qty = qty;
  stored->op = std::move(op);
  Commands commands;
  commands.push_back(Command{"HSET", cart_key(session_id), line, write_line(*stored)});
  commands.push_back(touch(session_id));
  const Result<Replies> written = co_await shop.cache.write(std::move(commands), until);
  if (!written) co_return written.error();
  co_return *stored;
}

rt::Task<Result<bool>> remove_line(Shop& shop, std::string session_id, std::string line,
                                   Nanos until) {
  Commands commands;
  commands.push_back(Command{"HDEL", cart_key(session_id), std::move(line)});
  const Result<Replies> replies = co_await shop.cache.write(std::move(commands), until);
  if (!replies) co_return replies.error();
  co_return replies->front().integer == 1;
}

rt::Task<Status> remove_lines(Shop& shop, std::string session_id, std::vector<std::string> lines,
                              Nanos until) {
  if (lines.empty()) co_return Status();
  Command command = {"HDEL", cart_key(session_id)};
  for (std::string& line : lines) command.push_back(std::move(line));
  Commands commands;
  commands.push_back(std::move(command));
  const Result<Replies> replies = co_await shop.cache.write(std::move(commands), until);
  if (!replies) co_return replies.error();
  co_return Status();
}

}  // namespace multiaz::webnode
