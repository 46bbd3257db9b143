#include "chaos/tour/walkers.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/clock.h"
#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/rt/sync.h"
#include "chaos/shopping.h"

namespace multiaz::chaos {

namespace {

using Json = nlohmann::json;

constexpr size_t kLinesTried = 100;
constexpr uint64_t kAnswerMsMax = 10'000;  // a cart is lost after so long without an answer
constexpr uint64_t kAskAgainMs = 50;

std::string line_body(const std::string& line, uint64_t product, uint64_t qty) {
  const Json body = {
      {"line", line}, {"product", product}, {"size", "M"}, {"qty", qty}, {"op", line + "-op"}};
  return jsonio::dump(body);
}

// Whether the read lacks acknowledged lines, or shows them with other values.
bool misses_any(const Walker& walker, const std::vector<CartLine>& cart) {
  for (const auto& [name, wanted] : walker.kept) {
    const auto found = std::ranges::find(cart, name, &CartLine::line);
    if (found == cart.end() || found->qty != wanted) return true;
  }
  return false;
}

// Repeats the request until the shop answers: silence is an outage, not a loss.
rt::Task<Reply> ask(Browser& browser, Path path, std::string target, std::string method = "GET",
                    std::string body = "") {
  const Nanos limit = monotonic_now() + kAnswerMsMax * kMillisecond;
  while (true) {
    Reply reply = co_await browser.send(path, method, target, body);
    if (reply.status == 200 || monotonic_now() >= limit) co_return reply;
    co_await rt::sleep_ms(kAskAgainMs);
  }
}

}  // namespace

rt::Task<void> Walkers::fill(Walker& walker, uint64_t seed) {
  Random random(seed);
  for (size_t tries = 0; walker.kept.size() < kLinesOfWalker && tries < 4 * kLinesOfWalker;
       ++tries) {
    const std::string name = "l" + std::to_string(tries);
    const uint64_t product = products_[random.below(products_.size())];
    const uint64_t qty = random.between(1, 3);
    const std::string body = line_body(name, product, qty);
    const Reply reply = co_await walker.browser.send(Path::kCart, "POST", "/api/cart/lines", body);
    if (reply.outcome == Outcome::kAcked) {
      walker.kept[name] = static_cast<int64_t>(qty);
    }
  }
}

rt::Task<Status> Walkers::read_catalogue() {
  Browser browser(shop_, timeline_);
  const Reply reply = co_await browser.look("/api/products?page_size=100");
  const auto answer = jsonio::parse_object(reply.body);
  if (!answer || !answer->contains("products")) {
    co_return Error(Code::kUnavailable, "the catalogue is not readable: " + reply.body);
  }
  for (const Json& one : jsonio::items_in(*answer, "products")) {
    const Json& sizes = jsonio::items_in(one, "sizes");
    const auto id = jsonio::count(one, "id");
    if (id && std::ranges::find(sizes, "M") != sizes.end()) products_.push_back(*id);
  }
  if (products_.empty()) co_return Error(Code::kUnavailable, "nothing comes in size M");
  co_return Status();
}

rt::Task<size_t> Walkers::come_in(size_t count) {
  walkers_.clear();
  ++rounds_;
  rt::Nursery nursery;
  for (size_t i = 0; i < count; ++i) {
    walkers_.push_back(std::make_unique<Walker>(shop_, timeline_));
    nursery.spawn("walker", fill(*walkers_.back(), seed_ * 1'000'003 + rounds_ * 1009 + i));
  }
  co_await nursery.join();
  size_t filled = 0;
  for (const auto& walker : walkers_) filled += walker->kept.size() == kLinesOfWalker ? 1 : 0;
  co_return filled;
}

rt::Task<void> Walkers::look(Walker& walker, size_t& lost) {
  const Reply reply = co_await ask(walker.browser, Path::kCart, "/api/cart");
  const auto cart = reply.status == 200 ? parse_cart(reply.body) : std::nullopt;
  if (!cart || misses_any(walker, *cart)) ++lost;
}

rt::Task<size_t> Walkers::count_lost(const Crowd& crowd, Look look_at) {
  size_t lost = 0;
  rt::Nursery nursery;
  for (const auto& walker : crowd) nursery.spawn("look", (this->*look_at)(*walker, lost));
  co_await nursery.join();
  co_return lost;
}

rt::Task<size_t> Walkers::carts_lost() {
  return count_lost(walkers_, &Walkers::look);
}

rt::Task<void> Walkers::check_out(Walker& walker, std::string name) {
  const Json account = {
      {"email", name + "@example.org"}, {"password", "a long password"}, {"name", name}};
  const Reply joined =
      co_await walker.browser.send(Path::kOrder, "POST", "/api/register", jsonio::dump(account));
  if (joined.outcome != Outcome::kAcked) co_return;
  walker.email = name + "@example.org";
  const std::string key = "tour-" + name;
  const Reply done = co_await walker.browser.send(Path::kOrder, "POST", "/api/checkout", "{}", key);
  const auto order =
      done.outcome == Outcome::kAcked ? parse_checkout(done.body, key) : std::nullopt;
  if (order) walker.orders.push_back(order->order);
}

rt::Task<size_t> Walkers::order(size_t count) {
  rt::Nursery nursery;
  Crowd fresh;
  for (size_t i = 0; i < count; ++i) {
    fresh.push_back(std::make_unique<Walker>(shop_, timeline_));
    nursery.spawn("buyer", fill(*fresh.back(), seed_ * 7919 + i));
  }
  co_await nursery.join();
  rt::Nursery tills;
  for (size_t i = 0; i < count; ++i) {
    tills.spawn("till", check_out(*fresh[i], "buyer" + std::to_string(buyers_.size() + i)));
  }
  co_await tills.join();
  for (auto& walker : fresh) buyers_.push_back(std::move(walker));
  size_t orders = 0;
  for (const auto& buyer : buyers_) orders += buyer->orders.size();
  co_return orders;
}

// Logs in again: the session may be gone, the account must not be.
rt::Task<void> Walkers::look_for_orders(Walker& walker, size_t& lost) {
  if (walker.orders.empty()) co_return;
  const Json account = {{"email", walker.email}, {"password", "a long password"}};
  (void)co_await ask(walker.browser, Path::kOther, "/api/login", "POST", jsonio::dump(account));
  const Reply reply = co_await ask(walker.browser, Path::kOther, "/api/orders");
  const auto orders = reply.status == 200 ? parse_orders(reply.body) : std::nullopt;
  for (const std::string& id : walker.orders) {
    const bool there =
        orders && std::ranges::any_of(*orders, [&](const Order& one) { return one.order == id; });
    if (!there) ++lost;
  }
}

rt::Task<size_t> Walkers::orders_lost() {
  return count_lost(buyers_, &Walkers::look_for_orders);
}

uint64_t Walkers::request_bytes_p50() const {
  std::vector<uint64_t> all;
  for (const auto& walker : walkers_) all.push_back(walker->browser.request_bytes());
  if (all.empty()) return 0;
  std::nth_element(all.begin(), all.begin() + static_cast<long>(all.size() / 2), all.end());
  return all[all.size() / 2];
}

rt::Task<Fullness> fill_to_the_brim(Walker& walker, std::vector<uint64_t> products) {
  Fullness out;
  for (size_t i = 0; i < kLinesTried && out.refusal.empty(); ++i) {
    const std::string name = "brim" + std::to_string(i);
    const std::string body = line_body(name, products[i % products.size()], 1);
    const Reply reply = co_await walker.browser.send(Path::kCart, "POST", "/api/cart/lines", body);
    if (reply.outcome == Outcome::kAcked) {
      walker.kept[name] = 1;
      ++out.lines;
      continue;
    }
    const auto answer = jsonio::parse_object(reply.body);
    const Json error = answer ? jsonio::value_in(*answer, "error") : Json();
    const bool full = jsonio::text_in(error, "code") == "cart_full";
    if (full) out.refusal = jsonio::text_in(error, "message");
  }
  const Reply reply = co_await ask(walker.browser, Path::kCart, "/api/cart");
  const auto cart = reply.status == 200 ? parse_cart(reply.body) : std::nullopt;
  out.whole = cart && !misses_any(walker, *cart);
  co_return out;
}

}  // namespace multiaz::chaos
