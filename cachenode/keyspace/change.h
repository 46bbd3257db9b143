// Change: one deterministic effect on a keyspace. Everything that alters a keyspace is a Change:
// commands make them, records and snapshots carry them, rollback replays them.
//
// Keyspace::exchange() carries a change out by exchanging contents, so that afterwards the same
// object holds what was there before: executed once more it is the exact undo, and a third time
// the redo.
//
// On the wire (all numbers varint, all bytes length-prefixed):
//   0x01 key 's' expire value                     the entry becomes this string
//   0x01 key 'h' expire count {field value}...    the entry becomes this hash
//   0x02 key                                      the entry goes
//   0x03 key expire                               its time to live
//   0x04 key count {field 1 value | field 0}...   fields set or removed
//   0x05 key offset length bytes                  string bytes [offset, +length) become these
//   0x06 key other                                two keys trade places
//   0x07                                          everything goes
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/core/result.h"
#include "cachenode/keyspace/dict.h"
#include "cachenode/keyspace/entry.h"

namespace multiaz::cachenode {

struct EntryChange {
  std::string key;
  std::optional<Entry> entry;  // nothing = absent
};
struct ExpiryChange {  // REQUIRES: the key exists
  std::string key;
  int64_t expire_ms;
};
// Creates the hash (without expiry) if the key is absent; a hash left without fields vanishes.
// REQUIRES: never empties a hash that expires (that is an EntryChange, or its undo would forget
// the expiry).
struct FieldsChange {
  std::string key;
  std::vector<std::pair<std::string, std::optional<std::string>>> fields;  // nothing = absent
};
struct SpliceChange {  // REQUIRES: the key holds a string of at least offset + length bytes
  std::string key;
  uint64_t offset = 0;
  uint64_t length = 0;
  std::string bytes;
};
struct SwapChange {
  std::string key, other;
};
struct AllChange {
  std::unique_ptr<Dict<Entry>> all;  // null = nothing at all; only this form travels
};

using Change =
    std::variant<EntryChange, ExpiryChange, FieldsChange, SpliceChange, SwapChange, AllChange>;

// REQUIRES: not yet executed.
void encode(const Change& change, std::string& out);
void encode_entry(std::string_view key, const Entry& entry, std::string& out);

// Takes the next change off the front of `in`. kCorrupt if there is none. `seed` is the
// keyspace's (large hashes are built at once).
Result<Change> decode_change(std::string_view& in, uint64_t seed);

// Heap bytes the change holds on to (after execution: the undo information). AllChange: nothing.
size_t held_bytes(const Change& change);

// Calls visit(key) for each key it touches; AllChange touches no particular one.
template <typename Visit>
void for_each_key(const Change& change, Visit&& visit) {
  std::visit(
      [&](const auto& one) {
        using Kind = std::decay_t<decltype(one)>;
        if constexpr (!std::is_same_v<Kind, AllChange>) visit(std::string_view(one.key));
        if constexpr (std::is_same_v<Kind, SwapChange>) visit(std::string_view(one.other));
      },
      change);
}

}  // namespace multiaz::cachenode
