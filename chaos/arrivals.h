// The load's settings, and its open loop: actions come at a steady rate, whatever became of those
// before. So a shop that stands still meets all actions that were due meanwhile, and each wait
// counts from the time when its action was due.
#pragma once

#include "base/rt/nursery.h"
#include "chaos/shopping.h"

namespace multiaz::chaos {

struct ShopperConfig {
  rt::Address shop;
  uint64_t seed = 1;
  size_t shoppers = 200;
  size_t products = 1000;
  uint64_t think_ms_min = 200, think_ms_max = 600;
  size_t actions_min = 15, actions_max = 60;  // of one session; the next one follows
  uint64_t canary_ms = 25;
  size_t canaries_per_path = 2;
  std::string tag;             // part of the sessions' names: successive runs on one cluster differ
  unsigned eager_percent = 0;  // of the shoppers that can check out, how many do so at once
  size_t named_visitors = 0;   // in addition: visitors who ask `name_server` for the shop
  rt::Address name_server;
  uint64_t arrivals_per_s = 0;  // in addition: actions that do not wait for answers (open loop)
};

class Arrivals {
 public:
  // REQUIRES: both outlive this object and the coroutines that it spawns.
  Arrivals(const ShopperConfig& config, VisitorBooks& books) : config_(config), books_(books) {}
  // Runs until the nursery is stopped.
  rt::Task<void> come(rt::Nursery& nursery);

 private:
  rt::Task<void> one_action(Session& session, uint64_t number, Nanos due);

  const ShopperConfig& config_;
  VisitorBooks& books_;
  std::deque<Session*> idle_;
  size_t in_flight_ = 0;
};

}  // namespace multiaz::chaos
