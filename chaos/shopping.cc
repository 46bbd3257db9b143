#include "chaos/shopping.h"

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
  return jsonio::dump(Json{{"line", line.line},
                           {"product", product},
                           {"size", std::move(size)},
                           {"qty", line.qty},
                           {"op", line.op}});
}

// 201 says that the order was made now, 200 that the key had made one before. This shopper sent the
// request once and did not repeat it, so a process in between sent it again (an ALB never does that
// with a POST).
Finding replay(const Session& session, const std::string& key, const Reply& reply) {
  return {Finding::Kind::kReplayedOrder,
          session.ledger.session(),
          key,
          "asked for once, and answered as made before",
          reply.at,
          reply.instance};
}

}  // namespace

Session& VisitorBooks::open(const std::string& name, rt::Address shop) {
  sessions.push_back(std::make_unique<Session>(name, shop, timeline));
  return *sessions.back();
}

bool can_buy(const Session& session) {
  return session.logged_in && session.ledger.settled() && !session.ledger.settled_lines().empty();
}

rt::Task<void> browse(Session& session, Random& random, size_t products) {
  std::string target = "/api/products/" + std::to_string(1 + random.below(products));
  if (random.percent(30)) target = "/api/products?page=" + std::to_string(1 + random.below(20));
  if (random.percent(15)) target = "/api/products?q=shirt";
  (void)co_await session.browser.send(Path::kBrowse, "GET", target, "");
}

rt::Task<void> put_line(Session& session, Random& random, size_t products, std::string op) {
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
    body = new_line_json(line, 1 + random.below(products), random_size(random));
  } else {
    method = "PUT";
    line.line = settled[random.below(settled.size())].line;
    target += "/" + line.line;
    body = jsonio::dump(Json{{"qty", line.qty}, {"op", op}});
  }
  const Reply reply = co_await session.browser.send(Path::kCart, method, target, body);
  session.ledger.put(line, reply.outcome);
}

rt::Task<void> remove_line(Session& session, Random& random, std::string op) {
  const std::vector<CartLine> settled = session.ledger.settled_lines();
  if (settled.empty()) co_return;
  const std::string line = settled[random.below(settled.size())].line;
  const std::string target = "/api/cart/lines/" + line;
  const Reply reply = co_await session.browser.send(Path::kCart, "DELETE", target, "");
  session.ledger.removed(line, op, reply.outcome);
}

rt::Task<void> read_cart(Session& session, std::vector<Finding>& findings) {
  const Reply reply = co_await session.browser.send(Path::kCart, "GET", "/api/cart", "");
  if (reply.outcome != Outcome::kAcked) co_return;
  const auto seen = parse_cart(reply.body);
  if (!seen) co_return;
  std::vector<Finding> wrong = found_in(reply, session.ledger.judge_cart(*seen));
  for (Finding& finding : wrong) findings.push_back(std::move(finding));
}

std::string account_of(const Session& session) {
  const std::string& name = session.ledger.session();
  return jsonio::dump(Json{{"email", "shopper-" + name + "@example.org"},
                           {"password", "correct horse " + name},
                           {"name", "Shopper " + name}});
}

rt::Task<void> log_in(Session& session, rt::Stop& stop) {
  const std::string account = account_of(session);
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

rt::Task<void> check_out(Session& session, std::string key, std::vector<Finding>& findings,
                         rt::Stop& stop) {
  Order unknown;
  unknown.key = key;
  bool in_doubt = false;
  while (true) {
    // The request has no body: once a body had been passed on, it could not be sent to a second
    // instance at all.
    const Reply reply =
        co_await session.browser.send(Path::kOrder, "POST", "/api/checkout", "", key);
    if (reply.outcome == Outcome::kAcked) {
      if (reply.status == 200 && !in_doubt) findings.push_back(replay(session, key, reply));
      const auto order = parse_checkout(reply.body, key);
      if (order)
        session.ledger.checked_out(*order, Outcome::kAcked);
      else
        session.ledger.checked_out(unknown, Outcome::kInDoubt);
      co_return;
    }
    // A refusal is definite only when no earlier attempt is in doubt.
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

rt::Task<void> turn_over(Session& session, std::string op) {
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
