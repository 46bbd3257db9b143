#include "chaos/shoppers.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/clock.h"
#include "base/core/jsonio.h"
#include "base/rt/sync.h"
#include "chaos/named_visitors.h"

namespace multiaz::chaos {

namespace {

std::string canary_address(uint64_t tick) {
  return jsonio::dump(nlohmann::json{{"street", "Canary Row " + std::to_string(tick)},
                                     {"city", "Testville"},
                                     {"zip", "10000"},
                                     {"country", "XX"}});
}

}  // namespace

void Shoppers::open_shop(rt::Nursery& nursery) {
  for (size_t i = 0; i < config_.shoppers; ++i) {
    nursery.spawn("shopper", shopper(i, nursery.stopping()));
  }
  if (config_.arrivals_per_s > 0) nursery.spawn("arrivals", arrivals_.come(nursery));
  for (size_t i = 0; i < config_.named_visitors; ++i) {
    nursery.spawn("visitor", named_visitor(config_, i, books_.timeline, nursery.stopping()));
  }
  for (const Path path : kShopPaths) {
    for (size_t i = 0; i < config_.canaries_per_path; ++i) {
      nursery.spawn("canary", canary(path, i, nursery.stopping()));
    }
  }
}

rt::Task<void> Shoppers::shopper(uint64_t number, rt::Stop& stop) {
  Random random(config_.seed * 1'000'003 + number);
  // Sessions begin one after the other, not all in the same millisecond.
  (void)co_await rt::sleep_ms(random.below(std::max<uint64_t>(config_.think_ms_max * 2, 1)), stop);
  for (uint64_t visits = 0; !stop.requested(); ++visits) {
    const std::string name = config_.tag + std::to_string(number) + "-" + std::to_string(visits);
    Session& session = books_.open(name, config_.shop);
    co_await visit(session, random, stop);
  }
}

rt::Task<void> Shoppers::visit(Session& session, Random& random, rt::Stop& stop) {
  const uint64_t actions = random.between(config_.actions_min, config_.actions_max);
  const bool buys = random.percent(50);
  const uint64_t login_at = random.percent(60) ? 0 : actions / 3;  // some log in with a full cart
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
  const std::string key = "order-" + op + "-" + std::to_string(config_.seed);
  const uint64_t dice = random.below(100);
  const bool eager =
      config_.eager_percent > 0 && can_buy(session) && random.percent(config_.eager_percent);
  if (eager) {
    co_await check_out(session, key, books_.findings, stop);
  } else if (dice < 38) {
    co_await browse(session, random, config_.products);
  } else if (dice < 68) {
    co_await put_line(session, random, config_.products, op);
  } else if (dice < 76) {
    co_await remove_line(session, random, op);
  } else if (dice < 88) {
    co_await read_cart(session, books_.findings);
  } else if (can_buy(session)) {
    co_await check_out(session, key, books_.findings, stop);
  }
}

rt::Task<void> Shoppers::canary(Path path, size_t number, rt::Stop& stop) {
  const std::string name = "canary-" + std::string(to_string(path)) + "-" + std::to_string(number);
  Session& session = books_.open(config_.tag + name, config_.shop);
  if (path == Path::kOrder) co_await log_in(session, stop);
  for (uint64_t tick = 0; !stop.requested(); ++tick) {
    if (path == Path::kBrowse) {
      (void)co_await session.browser.send(path, "GET", "/api/products/1", "");
    } else if (path == Path::kCart) {
      co_await turn_over(session, "w" + name + "-" + std::to_string(tick));
    } else {
      const std::string address = canary_address(tick);
      (void)co_await session.browser.send(path, "PUT", "/api/address", address);
    }
    (void)co_await rt::sleep_ms(config_.canary_ms, stop);
  }
}

}  // namespace multiaz::chaos
