// Entry: the value of a key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "cachenode/keyspace/hash_value.h"
#include "cachenode/keyspace/memory.h"

namespace multiaz::cachenode {

constexpr int64_t kNever = 0;  // expire_ms of a key without expiry

using Value = std::variant<std::string, HashValue>;

struct Entry {
  Value value;
  // wall clock, milliseconds since 1970; the key is gone from that time on
  int64_t expire_ms = kNever;

  bool expired(int64_t now_ms) const { return expire_ms != kNever && expire_ms <= now_ms; }
  const std::string* text() const { return std::get_if<std::string>(&value); }
  const HashValue* hash() const { return std::get_if<HashValue>(&value); }
  // The type as the command TYPE names it.
  std::string_view type() const { return text() ? "string" : "hash"; }
};

inline size_t heap_bytes(const Entry& entry) {
  if (const std::string* text = entry.text()) return heap_bytes(*text);
  return entry.hash()->heap_bytes();
}

}  // namespace multiaz::cachenode
