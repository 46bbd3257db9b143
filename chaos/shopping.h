// The actions of one visitor of MyClothes.com. Each action keeps the session's ledger, so that a
// later read can be judged by what was answered.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core/random.h"
#include "base/rt/stop.h"
#include "chaos/browser.h"

namespace multiaz::chaos {

// One visit: a cookie, a cart, and perhaps an account.
struct Session {
  Session(std::string name, rt::Address shop, Timeline& timeline)
      : ledger(name), browser(shop, timeline) {}
  Ledger ledger;
  Browser browser;
  bool logged_in = false;
  // false: a login in doubt may have moved the cart to a cookie that was not received
  bool judged = true;
};

// The session's account as JSON, for registration and login.
std::string account_of(const Session& session);

// The answers that all sessions of a load got.
struct VisitorBooks {
  Timeline timeline;
  std::deque<std::unique_ptr<Session>> sessions;
  // Wrong answers of reads while the load ran, which no correct shop may give.
  std::vector<Finding> findings;

  Session& open(const std::string& name, rt::Address shop);
};

// Only the first `products` products are looked at and bought.
rt::Task<void> browse(Session& session, Random& random, size_t products);
// Adds a line, or changes the quantity of one.
rt::Task<void> put_line(Session& session, Random& random, size_t products, std::string op);
rt::Task<void> remove_line(Session& session, Random& random, std::string op);
// Adds lines until the cart is full, then removes one for each it adds.
rt::Task<void> turn_over(Session& session, std::string op);
rt::Task<void> read_cart(Session& session, std::vector<Finding>& findings);
// A registration in doubt is simply tried again: "taken" then means that it was done.
rt::Task<void> log_in(Session& session, rt::Stop& stop);
[[nodiscard]] bool can_buy(const Session& session);
// Repeats the checkout with the same key until there is an answer, as a real customer would.
rt::Task<void> check_out(Session& session, std::string key, std::vector<Finding>& findings,
                         rt::Stop& stop);

// Parse the shop's JSON; nothing when it is not as expected.
std::optional<std::vector<CartLine>> parse_cart(const std::string& body);
std::optional<std::vector<Order>> parse_orders(const std::string& body);
std::optional<Order> parse_checkout(const std::string& body, const std::string& key);

}  // namespace multiaz::chaos
