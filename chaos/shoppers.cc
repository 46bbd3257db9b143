#include "chaos/shoppers.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/core/clock.h"
#include "base/core/jsonio.h"
#include "base/rt/sync.h"

namespace multiaz::chaos {

namespace {

using Json = nlohmann::json;

constexpr uint64_t kRetryMs = 100;
constexpr size_t kLinesPerCartMax = 12;

std::string random_size(Random& random) {
  constexpr const char* kSizes[] = {"S", "M", "L"};
  return kSizes[random.below(3)];
}

std::string new_line_json(const CartLine& line, uint64_t product, std::string size) {
  Json body;
  body["line"] = line.line;
  body["product"] = product;
  body["size"] = std::move(size);
  body["qty"] = line.qty;
  body["op"] = line.op;
  return jsonio::dump(body);
}

std::string canary_address(uint64_t tick) {
  Json address;
  address["street"] = "Canary Row " + std::to_string(tick);
  address["city"] = "Testville";
  address["zip"] = "10000";
  address["country"] = "XX";
  return jsonio::dump(address);
}

bool can_buy(const Session& session) {
  return session.logged_in && session.ledger.settled() && !session.ledger.settled_lines().empty();
}

}  // namespace

void Shoppers::open_shop(rt::Nursery& nursery) {
  for (size_t i = 0; i < config_.shoppers; ++i) {
    nursery.spawn("shopper", shopper(i, nursery.stopping()));
  }
  if (config_.arrivals_per_s > 0) nursery.spawn("arrivals", arrivals(nursery));
  for (size_t i = 0; i < config_.named_visitors; ++i) {
    nursery.spawn("visitor", named_visitor(i, nursery.stopping()));
  }
  for (const Path path : kShopPaths) {
    for (size_t i = 0; i < config_.canaries_per_path; ++i) {
      nursery.spawn("canary", canary(path, i, nursery.stopping()));
    }
  }
}

Session& Shoppers::new_session(const std::string& name) {
  sessions_.push_back(std::make_unique<Session>(config_.tag + name, config_.shop, timeline_));
  return *sessions_.back();
}

rt::Task<void> Shoppers::shopper(uint64_t number, rt::Stop& stop) {
  Random random(config_.seed * 1'000'003 + number);
  // They come one after the other, not all in the same millisecond.
  (void)co_await rt::sleep_ms(random.below(std::max<uint64_t>(config_.think_ms_max * 2, 1)), stop);
  for (uint64_t visits = 0; !stop.requested(); ++visits) {
    const std::string name = std::to_string(number) + "-" + std::to_string(visits);
    Session& session = new_session(name);
    co_await visit(session, random, stop);
  }
}

rt::Task<void> Shoppers::visit(Session& session, Random& random, rt::Stop& stop) {
  const uint64_t actions = random.between(config_.actions_min, config_.actions_max);
  const bool buys = random.percent(50);
  const uint64_t login_at = random.percent(60) ? 0 : actions / 3;  // some with a full cart
  for (uint64_t step = 0; step < actions && !stop.requested() && session.judged; ++step) {
    if (buys && !session.logged_in && step == login_at) {
      co_await log_in(session, stop);
    } else {
      co_await act(session, random, step, stop);
    }
    const uint64_t think_ms = random.between(config_.think_ms_min, config_.think_ms_max);
    (void)co_await rt::sleep_ms(think_ms, stop);
  }
}

rt::Task<void> Shoppers::act(Session& session, Random& random, uint64_t step, rt::Stop& stop) {
  const std::string op = "w" + session.ledger.session() + "-" + std::to_string(step);
  const uint64_t dice = random.below(100);
  const bool eager =
      config_.eager_percent > 0 && can_buy(session) && random.percent(config_.eager_percent);
  if (eager) {
    co_await check_out(session, "order-" + op + "-" + std::to_string(config_.seed), stop);
  } else if (dice < 38) {
    co_await browse(session, random);
  } else if (dice < 68) {
    co_await put_line(session, random, op);
  } else if (dice < 76) {
    co_await remove_line(session, random, op);
  } else if (dice < 88) {
    co_await read_cart(session);
  } else if (can_buy(session)) {
    co_await check_out(session, "order-" + op + "-" + std::to_string(config_.seed), stop);
  }
}

rt::Task<void> Shoppers::browse(Session& session, Random& random) {
  std::string target = "/api/products/" + std::to_string(1 + random.below(config_.products));
  if (random.percent(30)) target = "/api/products?page=" + std::to_string(1 + random.below(20));
  if (random.percent(15)) target = "/api/products?q=shirt";
  (void)co_await session.browser.send(Path::kBrowse, "GET", target, "");
}

// Adds a line, or changes the quantity of one.
rt::Task<void> Shoppers::put_line(Session& session, Random& random, std::string op) {
  const std::vector<CartLine> settled = session.ledger.settled_lines();
  CartLine line;
  line.qty = static_cast<int64_t>(random.between(1, 3));
  line.op = op;
  const bool add = settled.empty() || (settled.size() < kLinesPerCartMax && random.percent(70));
  std::string method = "POST";
  std::string target = "/api/cart/lines";
  std::string body;
  if (add) {
    line.line = "L" + op;
    body = new_line_json(line, 1 + random.below(config_.products), random_size(random));
  } else {
    method = "PUT";
    line.line = settled[random.below(settled.size())].line;
    target += "/" + line.line;
    Json change;
    change["qty"] = line.qty;
    change["op"] = op;
    body = jsonio::dump(change);
  }
  const Reply reply = co_await session.browser.send(Path::kCart, method, target, body);
  session.ledger.put(line, reply.outcome);
}

rt::Task<void> Shoppers::remove_line(Session& session, Random& random, std::string op) {
  const std::vector<CartLine> settled = session.ledger.settled_lines();
  if (settled.empty()) co_return;
  const std::string line = settled[random.below(settled.size())].line;
  const std::string target = "/api/cart/lines/" + line;
  const Reply reply = co_await session.browser.send(Path::kCart, "DELETE", target, "");
  session.ledger.removed(line, op, reply.outcome);
}

rt::Task<void> Shoppers::read_cart(Session& session) {
  const Reply reply = co_await session.browser.send(Path::kCart, "GET", "/api/cart", "");
  if (reply.outcome != Outcome::kAcked) co_return;
  const auto seen = parse_cart(reply.body);
  if (!seen) co_return;
  std::vector<Finding> wrong = found_in(reply, session.ledger.judge_cart(*seen));
  for (Finding& finding : wrong) findings_.push_back(std::move(finding));
}

std::string account_of(const Session& session) {
  Json body;
  body["email"] = "shopper-" + session.ledger.session() + "@example.org";
  body["password"] = "correct horse " + session.ledger.session();
  body["name"] = "Shopper " + session.ledger.session();
  return jsonio::dump(body);
}

rt::Task<void> Shoppers::log_in(Session& session, rt::Stop& stop) {
  const std::string account = account_of(session);
  // A registration in doubt is simply tried again: "taken" then means that it was done.
  while (true) {
    const Reply reply =
        co_await session.browser.send(Path::kOrder, "POST", "/api/register", account);
    if (reply.status == 201 || reply.status == 409) break;
    if (stop.requested()) co_return;
    (void)co_await rt::sleep_ms(kRetryMs, stop);
  }
  const Reply reply = co_await session.browser.send(Path::kOther, "POST", "/api/login", account);
  session.logged_in = reply.outcome == Outcome::kAcked;
  if (reply.outcome == Outcome::kInDoubt) session.judged = false;
}

// 201 says that the order was made now, 200 that the key had made one before. Asked for once, and
// not repeated by this shopper: then somebody between sent the request again (an ALB never does
// that with a POST).
void Shoppers::note_replay(const Session& session, const std::string& key, const Reply& reply) {
  Finding finding;
  finding.kind = Finding::Kind::kReplayedOrder;
  finding.session = session.ledger.session();
  finding.subject = key;
  finding.text = "asked for once, and answered as made before";
  finding.seen = reply.at;
  finding.told_by = reply.instance;
  findings_.push_back(std::move(finding));
}

// Like a shopper who wants that coat: asks again with the same key until there is an answer.
rt::Task<void> Shoppers::check_out(Session& session, std::string key, rt::Stop& stop) {
  Order unknown;
  unknown.key = key;
  bool in_doubt = false;
  while (true) {
    // Without a body: one that had been passed on could not be sent to a second instance at all.
    const Reply reply =
        co_await session.browser.send(Path::kOrder, "POST", "/api/checkout", "", key);
    if (reply.outcome == Outcome::kAcked) {
      if (reply.status == 200 && !in_doubt) note_replay(session, key, reply);
      const auto order = parse_checkout(reply.body, key);
      if (order)
        session.ledger.checked_out(*order, Outcome::kAcked);
      else
        session.ledger.checked_out(unknown, Outcome::kInDoubt);
      co_return;
    }
    // A refusal settles it only when nothing before it was in doubt.
    if (reply.outcome == Outcome::kRefused && reply.status != 0 && reply.status < 500) {
      session.ledger.checked_out(unknown, in_doubt ? Outcome::kInDoubt : Outcome::kRefused);
      co_return;
    }
    if (reply.outcome == Outcome::kInDoubt) in_doubt = true;
    if (stop.requested()) {
      session.ledger.checked_out(unknown, in_doubt ? Outcome::kInDoubt : Outcome::kRefused);
      co_return;
    }
    (void)co_await rt::sleep_ms(kRetryMs, stop);
  }
}

rt::Task<void> Shoppers::canary(Path path, size_t number, rt::Stop& stop) {
  const std::string name = "canary-" + std::string(to_string(path)) + "-" + std::to_string(number);
  Session& session = new_session(name);
  if (path == Path::kOrder) co_await log_in(session, stop);
  for (uint64_t tick = 0; !stop.requested(); ++tick) {
    if (path == Path::kBrowse) {
      (void)co_await session.browser.send(path, "GET", "/api/products/1", "");
    } else if (path == Path::kCart) {
      co_await cart_canary(session, "w" + name + "-" + std::to_string(tick));
    } else {
      const std::string address = canary_address(tick);
      (void)co_await session.browser.send(path, "PUT", "/api/address", address);
    }
    (void)co_await rt::sleep_ms(config_.canary_ms, stop);
  }
}

// Adds lines until the cart is full, then removes one for each it adds.
rt::Task<void> Shoppers::cart_canary(Session& session, std::string op) {
  const std::vector<CartLine> settled = session.ledger.settled_lines();
  if (settled.size() >= kLinesPerCartMax) {
    const std::string oldest = settled.front().line;
    const std::string target = "/api/cart/lines/" + oldest;
    const Reply reply = co_await session.browser.send(Path::kCart, "DELETE", target, "");
    session.ledger.removed(oldest, op, reply.outcome);
    co_return;
  }
  CartLine line;
  line.line = "L" + op;
  line.qty = 1;
  line.op = op;
  const std::string body = new_line_json(line, 1, "M");
  const Reply reply = co_await session.browser.send(Path::kCart, "POST", "/api/cart/lines", body);
  session.ledger.put(line, reply.outcome);
}

}  // namespace multiaz::chaos
