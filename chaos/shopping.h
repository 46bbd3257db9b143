// What one visitor of MyClothes.com can do there; each act keeps the session's books, so that a
// later reading can be judged by what was answered.
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

// One visit: a cookie, a cart, maybe an account.
struct Session {
  Session(std::string name, rt::Address shop, Timeline& timeline)
      : ledger(name), browser(shop, timeline) {}
  Ledger ledger;
  Browser browser;
  bool logged_in = false;
  bool judged = true;  // false: a login in doubt may have moved the cart to a cookie we never got
};

// What the session's account is registered and logged in with, as JSON.
std::string account_of(const Session& session);

// What all sessions of a load were told.
struct VisitorBooks {
  Timeline timeline;
  std::deque<std::unique_ptr<Session>> sessions;
  // What a reading in the middle showed that no correct shop may show.
  std::vector<Finding> findings;

  Session& open(const std::string& name, rt::Address shop);
};

// `products`: so many of them, from the first on, are looked at and bought.
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
// Like a shopper who wants that coat: asks again with the same key until there is an answer.
rt::Task<void> check_out(Session& session, std::string key, std::vector<Finding>& findings,
                         rt::Stop& stop);

// Reads of the shop's JSON; nothing on anything unexpected.
std::optional<std::vector<CartLine>> parse_cart(const std::string& body);
std::optional<std::vector<Order>> parse_orders(const std::string& body);
std::optional<Order> parse_checkout(const std::string& body, const std::string& key);

}  // namespace multiaz::chaos
