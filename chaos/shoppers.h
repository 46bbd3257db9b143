// The shoppers of MyClothes.com: many concurrent sessions that browse, fill carts, change them, log
// in and check out, and remember every answer. Canaries beside them send requests to each path at a
// steady rate, so that the beginning and the end of an outage are measured precisely.
#pragma once

#include "base/rt/nursery.h"
#include "chaos/arrivals.h"

namespace multiaz::chaos {

class Shoppers {
 public:
  explicit Shoppers(ShopperConfig config) : config_(config), arrivals_(config_, books_) {}

  // Spawns all shoppers into the nursery; they end when its stop is requested.
  void open_shop(rt::Nursery& nursery);
  const Timeline& timeline() const { return books_.timeline; }
  void count_only() { books_.timeline.count_only(); }
  const std::deque<std::unique_ptr<Session>>& sessions() const { return books_.sessions; }
  const std::vector<Finding>& findings() const { return books_.findings; }

 private:
  rt::Task<void> shopper(uint64_t number, rt::Stop& stop);
  rt::Task<void> visit(Session& session, Random& random, rt::Stop& stop);
  rt::Task<void> act(Session& session, Random& random, uint64_t step, rt::Stop& stop);
  rt::Task<void> canary(Path path, size_t number, rt::Stop& stop);

  ShopperConfig config_;
  VisitorBooks books_;
  Arrivals arrivals_;
};

}  // namespace multiaz::chaos
