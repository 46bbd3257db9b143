// The final reading: every cart and every order list once more, over HTTP, judged by the books.
#pragma once

#include <vector>

#include "chaos/checkers/ledger.h"
#include "chaos/shoppers.h"

namespace multiaz::chaos {

struct FinalReading {
  uint64_t carts = 0;       // sessions that ever had an acknowledged write
  uint64_t lost_carts = 0;  // had lines for certain, and none of them is there
  uint64_t acked_writes = 0;
  uint64_t lost_writes = 0;
  uint64_t in_doubt_writes = 0;
  uint64_t orders = 0;  // acknowledged
  uint64_t lost_orders = 0;
  uint64_t duplicate_orders = 0;
  uint64_t unread = 0;    // carts or order lists that could not be read: then nothing is proven
  uint64_t unjudged = 0;  // sessions whose login was in doubt
  std::vector<Finding> findings;
};

// REQUIRES: the shoppers have stopped.
rt::Task<FinalReading> read_everything(const Shoppers& shoppers);

}  // namespace multiaz::chaos
