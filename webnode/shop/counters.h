// The counters of a web instance by name, for reports to the control plane and for /metrics.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "webnode/shop/shop.h"

namespace multiaz::webnode {

std::map<std::string, uint64_t> shop_counters(const Shop& shop);

}  // namespace multiaz::webnode
