// The shoppers of MyClothes.com: many sessions at once that browse, fill carts, change their
// minds, log in and check out, and remember every answer. Canaries beside them touch each path at
// a steady pace, so that the edges of an outage are sharp.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core/random.h"
#include "base/rt/nursery.h"
#include "chaos/browser.h"
#include "chaos/checkers/ledger.h"
#include "chaos/checkers/timeline.h"

namespace multiaz::chaos {

struct ShopperConfig {
  rt::Address shop;
  uint64_t seed = 1;
  size_t shoppers = 200;
  size_t products = 1000;
  uint64_t think_ms_min = 200, think_ms_max = 600;
  size_t actions_min = 15, actions_max = 60;  // of one session, then the next begins
  uint64_t canary_ms = 25;
  size_t canaries_per_path = 2;
  std::string tag;             // of the sessions' names: runs that follow on one cluster differ
  unsigned eager_percent = 0;  // so often somebody who can checks out at once
  size_t named_visitors = 0;   // beside them: visitors who ask `name_server` for the shop
  rt::Address name_server;
  uint64_t arrivals_per_s = 0;  // beside them: actions that come whatever happens (open loop)
};

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

class Shoppers {
 public:
  explicit Shoppers(ShopperConfig config) : config_(config) {}

  // Spawns everybody into the nursery; they end when its stop is requested.
  void open_shop(rt::Nursery& nursery);
  const Timeline& timeline() const { return timeline_; }
  void count_only() { timeline_.count_only(); }
  const std::deque<std::unique_ptr<Session>>& sessions() const { return sessions_; }
  // What a reading in the middle showed that no correct shop may show.
  const std::vector<Finding>& findings() const { return findings_; }

 private:
  rt::Task<void> shopper(uint64_t number, rt::Stop& stop);
  rt::Task<void> visit(Session& session, Random& random, rt::Stop& stop);
  rt::Task<void> act(Session& session, Random& random, uint64_t step, rt::Stop& stop);
  rt::Task<void> browse(Session& session, Random& random);
  rt::Task<void> put_line(Session& session, Random& random, std::string op);
  rt::Task<void> remove_line(Session& session, Random& random, std::string op);
  rt::Task<void> read_cart(Session& session);
  rt::Task<void> log_in(Session& session, rt::Stop& stop);
  void note_replay(const Session& session, const std::string& key, const Reply& reply);
  rt::Task<void> check_out(Session& session, std::string key, rt::Stop& stop);
  rt::Task<void> arrivals(rt::Nursery& nursery);
  rt::Task<void> one_action(Session& session, uint64_t number, Nanos due);
  rt::Task<void> named_visitor(uint64_t number, rt::Stop& stop);
  rt::Task<void> canary(Path path, size_t number, rt::Stop& stop);
  rt::Task<void> cart_canary(Session& session, std::string op);
  Session& new_session(const std::string& name);

  ShopperConfig config_;
  Timeline timeline_;
  std::deque<std::unique_ptr<Session>> sessions_;
  std::deque<Session*> idle_;  // of those that arrive
  size_t in_flight_ = 0;
  std::vector<Finding> findings_;
};

// Reads of the shop's JSON; nothing on anything unexpected.
std::optional<std::vector<CartLine>> parse_cart(const std::string& body);
std::optional<std::vector<Order>> parse_orders(const std::string& body);
std::optional<Order> parse_checkout(const std::string& body, const std::string& key);

}  // namespace multiaz::chaos
