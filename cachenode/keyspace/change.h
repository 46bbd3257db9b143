// Change: one deterministic effect on a keyspace. Everything that alters a keyspace is a Change:
// commands make them, records and snapshots carry them, rollback replays them.
//
// Keyspace::exchange() carries a change out by exchanging contents, so that afterwards the same
// object holds the previous contents: executed once more it is the exact undo, and a third time the
// redo.
//
// On the wire (all numbers varint, all bytes length-prefixed):
//   0x01 key 's' expire value                     the entry becomes this string
//   0x01 key 'h' expire count {field value}...    the entry becomes this hash
//   0x02 key                                      the entry is removed
//   0x03 key expire                               its time to live is set
//   0x04 key count {field 1 value | field 0}...   fields are set or removed
//   0x05 key offset length bytes                  string bytes [offset, +length) are replaced
//   0x06 key other                                the contents of two keys are exchanged
//   0x07                                          all entries are removed
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
  std::optional<Entry> entry;  // nullopt when absent
};
struct ExpiryChange {  // REQUIRES: the key exists
  std::string key;
  int64_t expire_ms;
};
// Creates the hash (without expiry) if the key is absent; a hash without fields is removed.
// REQUIRES: never empties a hash that expires (that must be an EntryChange, because the undo would
// lose the expiry).
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
  std::unique_ptr<Dict<Entry>> all;  // null stands for no contents; only this form is encoded
};

using Change =
    std::variant<EntryChange, ExpiryChange, FieldsChange, SpliceChange, SwapChange, AllChange>;

// REQUIRES: the change has not been executed yet.
void encode(const Change& change, std::string& out);
void encode_entry(std::string_view key, const Entry& entry, std::string& out);

// Takes the next change off the front of `in`. kCorrupt if there is none. `seed` is that of the
// keyspace, because large hashes are built at once.
Result<Change> decode_change(std::string_view& in, uint64_t seed);

// Heap bytes that the change keeps (after execution: the undo information). AllChange counts as 0.
size_t held_bytes(const Change& change);

// Calls visit(key) for each key that the change touches; AllChange touches no particular key.
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
