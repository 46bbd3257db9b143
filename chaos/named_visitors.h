// Visitors who only know the shop's name: they ask the name server, keep its answer for as long as
// its TTL says and no longer, and open the shop at one of the addresses.
#pragma once

#include "chaos/arrivals.h"

namespace multiaz::chaos {

rt::Task<void> named_visitor(ShopperConfig config, uint64_t number, Timeline& timeline,
                             rt::Stop& stop);

}  // namespace multiaz::chaos
