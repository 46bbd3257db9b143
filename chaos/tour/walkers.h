// The tour's shoppers: each fills a cart, and reads it again after a fault. They are seeded: the
// same seed asks for the same clothes in every stage.
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

// A number of walkers that act at the same time.
class Walkers {
 public:
  Walkers(rt::Address shop, Timeline& timeline, uint64_t seed)
      : shop_(shop), timeline_(timeline), seed_(seed) {}

  // Reads the products in stock in size M, which the walkers buy. To be called once, first.
  rt::Task<Status> read_catalogue();
  [[nodiscard]] const std::vector<uint64_t>& products() const { return products_; }
  // Replaces the walkers by new ones with a cart each. Counts those whose cart could be filled.
  rt::Task<size_t> come_in(size_t count);
  // The number of walkers that miss an acknowledged line now.
  rt::Task<size_t> carts_lost();
  // Some walkers register and order their carts; returns the number of acknowledged orders so far.
  rt::Task<size_t> order(size_t count);
  // The number of acknowledged orders that the shop does not have any more.
  rt::Task<size_t> orders_lost();
  // The median size of the walkers' last requests.
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
  Crowd buyers_;  // walkers that have ordered; they stay until the end
};

// Adds lines to one cart until the shop refuses. Returns how many it took, and whether the cart was
// complete after the refusal; 100 lines without a refusal: no limit.
struct Fullness {
  size_t lines = 0;
  std::string refusal;  // the shop's message
  bool whole = false;
};
rt::Task<Fullness> fill_to_the_brim(Walker& walker, std::vector<uint64_t> products);

}  // namespace multiaz::chaos
