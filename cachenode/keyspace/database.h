// Database: a keyspace with its journal and the current time, as commands use it. Each writing
// function becomes one Change of the open record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/random.h"
#include "cachenode/keyspace/journal.h"
#include "cachenode/keyspace/keyspace.h"

namespace multiaz::cachenode {

class Database {
 public:
  // `seed` is explained in hash.h; `random_seed` is for RANDOMKEY and the like.
  Database(uint64_t seed, uint64_t random_seed)
      : keys_(seed), journal_(keys_), random_(random_seed) {}
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // The time that all commands of a batch see.
  void set_now_ms(int64_t now_ms) { now_ms_ = now_ms; }
  int64_t now_ms() const { return now_ms_; }

  // --- reading: results are valid until the next write ---
  const Entry* find(std::string_view key) const { return keys_.find(key, now_ms_); }
  const Keyspace& keys() const { return keys_; }
  Keyspace& keys() { return keys_; }
  Journal& journal() { return journal_; }
  const Journal& journal() const { return journal_; }
  Random& random() { return random_; }
  // Bytes of keys, values and undo information.
  size_t used_bytes() const { return keys_.used_bytes() + journal_.held_bytes(); }

  // Replaces the contents by `fresh`, the state after `lsn`; uncommitted changes are forgotten.
  void replace(Keyspace fresh, Lsn lsn);

  // --- writing; an expired key must have been dropped first ---
  // Removes the key if it has expired: the first step of every writing command.
  void drop_expired(std::string_view key);
  // Stores a string in place of any previous value.
  void put(std::string_view key, std::string_view text, int64_t expire_ms);
  bool erase(std::string_view key);  // false when it was absent
  // Each function below REQUIRES that the key exists; for hash functions it may be absent, but
  // nothing else than a hash.
  void set_expiry(std::string_view key, int64_t expire_ms);
  void splice(std::string_view key, size_t offset, size_t length, std::string bytes);
  void rename(std::string_view from, std::string_view to);  // REQUIRES: from != to
  void clear();
  using Fields = std::vector<std::pair<std::string, std::optional<std::string>>>;
  // Sets fields and makes the hash if absent; returns the number of new fields.
  size_t set_fields(std::string_view key, Fields fields);
  // Removes fields, and the key with the last one; returns the number of removed fields.
  size_t erase_fields(std::string_view key, const std::vector<std::string_view>& fields);

 private:
  Keyspace keys_;
  Journal journal_;
  Random random_;
  int64_t now_ms_ = 0;
};

}  // namespace multiaz::cachenode
