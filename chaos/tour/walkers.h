// The tour's shoppers: each fills a cart, and reads it again after a fault. Seeded: the same seed
// asks for the same clothes in every stage.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/core/random.h"
#include "base/rt/nursery.h"
#include "chaos/browser.h"

namespace multiaz::chaos {

constexpr size_t kLinesOfWalker = 3;

struct Walker {
  Walker(rt::Address shop, Timeline& timeline) : browser(shop, timeline) {}
  Browser browser;
  std::string email;                    // logged in; "" = not
  std::map<std::string, int64_t> kept;  // acknowledged lines: name -> quantity
  std::vector<std::string> orders;      // acknowledged, by id
};

// So many walkers, all at once.
class Walkers {
 public:
  Walkers(rt::Address shop, Timeline& timeline, uint64_t seed)
      : shop_(shop), timeline_(timeline), seed_(seed) {}

  // Once, first: what there is in size M, which is what they buy.
  rt::Task<Status> read_catalogue();
  [[nodiscard]] const std::vector<uint64_t>& products() const { return products_; }
  // New ones with a cart each; the old ones leave. Counts those whose cart could be filled.
  rt::Task<size_t> come_in(size_t count);
  // How many of them miss an acknowledged line now.
  rt::Task<size_t> carts_lost();
  // Some register and order what they have; gives the number of acknowledged orders so far.
  rt::Task<size_t> order(size_t count);
  // How many acknowledged orders the shop does not know any more.
  rt::Task<size_t> orders_lost();
  // The median of what their last requests weighed.
  [[nodiscard]] uint64_t request_bytes_p50() const;

 private:
  rt::Task<void> fill(Walker& walker, uint64_t seed);
  rt::Task<void> look(Walker& walker, size_t& lost);
  rt::Task<void> check_out(Walker& walker, std::string name);
  rt::Task<void> look_for_orders(Walker& walker, size_t& lost);
  using Crowd = std::vector<std::unique_ptr<Walker>>;
  using Look = rt::Task<void> (Walkers::*)(Walker& walker, size_t& lost);
  rt::Task<size_t> count_lost(const Crowd& crowd, Look look_at);

  rt::Address shop_;
  Timeline& timeline_;
  uint64_t seed_;
  uint64_t rounds_ = 0;
  std::vector<uint64_t> products_;  // ids
  Crowd walkers_;
  Crowd buyers_;  // stay until the end
};

// Adds lines to one cart until the shop refuses. Gives how many it took, and whether the cart was
// whole after the refusal; 100 lines without a refusal: no limit.
struct Fullness {
  size_t lines = 0;
  std::string refusal;  // the shop's words
  bool whole = false;
};
rt::Task<Fullness> fill_to_the_brim(Walker& walker, std::vector<uint64_t> products);

}  // namespace multiaz::chaos
