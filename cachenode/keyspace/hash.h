// The one hash function of keys and fields. The seed is secret (against hash flooding) and the same
// on every member of a group, so that a SCAN cursor survives a failover.
#pragma once

#include <cstdint>
#include <string_view>

namespace multiaz::cachenode {

uint64_t hash_bytes(std::string_view bytes, uint64_t seed);

}  // namespace multiaz::cachenode
