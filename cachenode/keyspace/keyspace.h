// Keyspace: all keys of one cache, in memory. It reads no clock (time is an argument), and the only
// way to alter it is exchange().
//
// An expired key is invisible to find() from its time on, on every member alike; it stays in memory
// until a record (of the primary) removes it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/random.h"
#include "cachenode/keyspace/change.h"
#include "cachenode/keyspace/dict.h"
#include "cachenode/keyspace/entry.h"

namespace multiaz::cachenode {

class Keyspace {
 public:
  using Node = Dict<Entry>::Node;

  // `seed` is explained in hash.h.
  explicit Keyspace(uint64_t seed) : keys_(seed) {}

  // --- reading; pointers are valid until the next exchange() ---
  // The entry, or null if the key is absent or expired.
  const Entry* find(std::string_view key, int64_t now_ms) const {
    const Node* node = keys_.find(key);
    return node && !node->value.expired(now_ms) ? &node->value : nullptr;
  }
  bool holds_expired(std::string_view key, int64_t now_ms) const {
    const Node* node = keys_.find(key);
    return node && node->value.expired(now_ms);
  }
  size_t size() const { return keys_.size(); }   // with expired ones
  size_t expiring() const { return expiring_; }  // keys with a time to live
  size_t used_bytes() const { return keys_.heap_bytes() + value_bytes_; }
  uint64_t seed() const { return keys_.seed(); }
  // Like Dict::scan; visit(node) also sees expired keys.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, Visit&& visit) const {
    return keys_.scan(cursor, visit);
  }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    keys_.for_each(visit);
  }
  bool passed(std::string_view key, uint64_t cursor) const { return keys_.passed(key, cursor); }
  const Node* node(std::string_view key) const { return keys_.find(key); }  // expired or not
  const Node* pick(Random& random) const { return keys_.pick(random); }

  // Looks through `buckets_max` buckets from `cursor` on (which moves) for expired keys; stops
  // early when it has `keys_max` of them.
  std::vector<std::string> collect_expired(uint64_t& cursor, int64_t now_ms, size_t buckets_max,
                                           size_t keys_max) const;

  // Equal contents have equal digests, whatever changes led to them.
  uint64_t digest() const;
  // The part of one entry; the digest of all entries is the sum.
  static uint64_t digest(std::string_view key, const Entry& entry);

  // --- changing ---
  // Carries the change out; afterwards `change` is its own undo. False (and nothing changed) if it
  // does not fit the contents, which only a corrupt record can cause.
  bool exchange(Change& change);

  // Replaces all contents.
  void replace(Keyspace fresh);

  // Sets the function that is called for each key that changed ("" for all keys); null for none.
  void on_touch(std::function<void(std::string_view key)> touched) {
    touched_ = std::move(touched);
  }

  // A reader of contents that are about to change, such as a snapshot in progress.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    virtual void before_change(std::string_view key) = 0;
    virtual void replaced() = 0;  // all contents were replaced
  };
  // REQUIRES: unwatch() is called before either of them is destroyed.
  void watch(Watcher& watcher) { watchers_.push_back(&watcher); }
  void unwatch(Watcher& watcher) { std::erase(watchers_, &watcher); }

 private:
  void tell_watchers(const Change& change);
  bool exchange_one(EntryChange& change);
  bool exchange_one(ExpiryChange& change);
  bool exchange_one(FieldsChange& change);
  bool exchange_one(SpliceChange& change);
  bool exchange_one(SwapChange& change);
  bool exchange_one(AllChange& change);
  void put(std::string_view key, Entry entry);
  std::optional<Entry> take(std::string_view key);
  void count_in(const Entry& entry);
  void count_out(const Entry& entry);

  Dict<Entry> keys_;
  size_t expiring_ = 0;
  size_t value_bytes_ = 0;
  std::function<void(std::string_view)> touched_;
  std::vector<Watcher*> watchers_;
};

}  // namespace multiaz::cachenode
