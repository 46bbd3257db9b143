// A keyspace as a stream of bytes, cut into chunks, and back.
//
// Stream: "MAZC" version(1), then {length change}... with one put per entry (change.h), then
// length 0, the number of entries and the digest. A chunk may end anywhere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "cachenode/keyspace/keyspace.h"

namespace multiaz::cachenode {

std::vector<std::string> write_snapshot(const Keyspace& keys, size_t chunk_bytes_max);

// Fills an empty keyspace. No chunk at all = stays empty. kCorrupt: the stream is cut off or does
// not match its own digest; the keyspace is then to be thrown away.
Status read_snapshot(const std::vector<std::string>& chunks, Keyspace& into);

}  // namespace multiaz::cachenode
