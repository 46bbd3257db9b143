// Dict: a hash table from byte strings to Value, in hash order.
//
// A bucket is given by the top bits of the hash, so walking the buckets walks the hashes upwards,
// whatever the size of the table. That makes a scan cursor a plain position in hash order: every
// element that is present throughout a scan is visited exactly once, however often the table is
// resized meanwhile. Resizing is spread over later changes, a few buckets each, so no pause grows
// with the size.
//
// Nodes never move: a Node* is valid until its key is taken.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "base/core/check.h"
#include "base/core/random.h"
#include "cachenode/keyspace/hash.h"
#include "cachenode/keyspace/memory.h"

namespace multiaz::cachenode {

template <typename Value>
class Dict {
 public:
  class Node {
   public:
    Value value;
    // The key's bytes follow the node in the same allocation.
    std::string_view key() const {
      return std::string_view(reinterpret_cast<const char*>(this + 1), key_bytes_);
    }

   private:
    friend class Dict;
    Node* next_ = nullptr;
    uint64_t hash_ = 0;
    uint32_t key_bytes_ = 0;
  };

  explicit Dict(uint64_t seed) : seed_(seed) {}
  Dict(Dict&& other) noexcept { swap(other); }
  Dict& operator=(Dict&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Dict() { clear(); }

  void swap(Dict& other) noexcept {
    std::swap(now_, other.now_);
    std::swap(next_, other.next_);
    std::swap(moved_, other.moved_);
    std::swap(size_, other.size_);
    std::swap(node_bytes_, other.node_bytes_);
    std::swap(seed_, other.seed_);
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  uint64_t seed() const { return seed_; }
  // Heap bytes of nodes and buckets, without those that the values own.
  size_t heap_bytes() const { return node_bytes_ + now_.heap_bytes() + next_.heap_bytes(); }

  Node* find(std::string_view key) const {
    if (size_ == 0) return nullptr;
    const uint64_t hash = hash_bytes(key, seed_);
    for (Node* node = *slot(hash); node; node = node->next_) {
      if (node->hash_ == hash && node->key() == key) return node;
    }
    return nullptr;
  }

  // The key's node; one with Value() is made if it was absent.
  Node& find_or_add(std::string_view key) {
    const uint64_t hash = hash_bytes(key, seed_);
    if (!now_.buckets) now_ = make_table(kBitsMin);
    for (Node* node = *slot(hash); node; node = node->next_) {
      if (node->hash_ == hash && node->key() == key) return *node;
    }
    if (size_ >= now_.count()) resize_to(now_.bits + 1);
    move_buckets(kMovedPerAdd);
    Node* node = make_node(key, hash);
    Node** head = slot(hash);
    node->next_ = std::exchange(*head, node);
    ++size_;
    return *node;
  }

  // Removes the key and returns its value.
  std::optional<Value> take(std::string_view key) {
    if (size_ == 0) return std::nullopt;
    const uint64_t hash = hash_bytes(key, seed_);
    for (Node** link = slot(hash); *link; link = &(*link)->next_) {
      Node* node = *link;
      if (node->hash_ != hash || node->key() != key) continue;
      *link = node->next_;
      std::optional<Value> taken(std::move(node->value));
      free_node(node);
      --size_;
      if (size_ * kSparse < now_.count() && now_.bits > kBitsMin) resize_to(now_.bits - 1);
      move_buckets(kMovedPerTake);
      return taken;
    }
    return std::nullopt;
  }

  void clear() {
    clear_table(now_);
    clear_table(next_);
    moved_ = size_ = node_bytes_ = 0;
  }

  // Visits one bucket from `cursor` on (0 is the start) and returns the next cursor (0 is the end).
  // The visitor must not change the Dict. Any number is a valid cursor.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, Visit&& visit) const {
    if (size_ == 0) return 0;
    const uint64_t from = cursor << kCursorShift;
    const Table& table = next_.buckets && now_.at(from) < moved_ ? next_ : now_;
    const size_t bucket = table.at(from);
    for (const Node* node = table.buckets[bucket]; node; node = node->next_) {
      if (node->hash_ >= from) visit(*node);
    }
    return ((bucket + 1) << (64 - table.bits)) >> kCursorShift;  // 0 past the last bucket
  }

  // Whether a scan that stands at `cursor` (not 0) has passed this key's place.
  bool passed(std::string_view key, uint64_t cursor) const {
    return hash_bytes(key, seed_) < cursor << kCursorShift;
  }

  template <typename Visit>
  void for_each(Visit&& visit) const {
    uint64_t cursor = 0;
    do cursor = scan(cursor, visit);
    while (cursor != 0);
  }

  // A nearly uniform random element; null when empty.
  const Node* pick(Random& random) const {
    if (size_ == 0) return nullptr;
    while (true) {
      const Node* head = *slot(random.next());
      size_t length = 0;
      for (const Node* node = head; node; node = node->next_) ++length;
      if (length == 0) continue;
      for (size_t skip = random.below(length); skip > 0; --skip) head = head->next_;
      return head;
    }
  }

 private:
  static constexpr unsigned kBitsMin = 2;
  // gives 48-bit cursors, because clients parse them as signed
  static constexpr unsigned kCursorShift = 16;
  // shrinks when there is less than one element in so many buckets
  static constexpr size_t kSparse = 8;
  static constexpr size_t kMovedPerAdd = 4;    // buckets that one change moves during a resize;
  static constexpr size_t kMovedPerTake = 32;  // both even: halving moves pairs

  struct Table {
    Node** buckets = nullptr;
    unsigned bits = 0;
    size_t count() const { return buckets ? size_t{1} << bits : 0; }
    size_t at(uint64_t hash) const { return hash >> (64 - bits); }
    size_t heap_bytes() const {
      return buckets ? cachenode::heap_bytes(count() * sizeof(Node*)) : 0;
    }
  };

  static Table make_table(unsigned bits) {
    Table table;
    table.bits = bits;
    table.buckets = static_cast<Node**>(std::calloc(size_t{1} << bits, sizeof(Node*)));
    CHECK_NOTE(table.buckets, "out of memory");
    return table;
  }

  static size_t bytes_of(const Node& node) {
    return cachenode::heap_bytes(sizeof(Node) + node.key_bytes_);
  }

  Node* make_node(std::string_view key, uint64_t hash) {
    Node* node = new (::operator new(sizeof(Node) + key.size())) Node();
    node->hash_ = hash;
    node->key_bytes_ = static_cast<uint32_t>(key.size());
    key.copy(reinterpret_cast<char*>(node + 1), key.size());
    node_bytes_ += bytes_of(*node);
    return node;
  }

  void free_node(Node* node) {
    node_bytes_ -= bytes_of(*node);
    node->~Node();
    ::operator delete(node);
  }

  void clear_table(Table& table) {
    for (size_t bucket = 0; bucket < table.count(); ++bucket) {
      for (Node* node = table.buckets[bucket]; node;) {
        free_node(std::exchange(node, node->next_));
      }
    }
    std::free(table.buckets);
    table = Table();
  }

  // The place of a hash: old buckets below moved_ have been moved to the next table.
  Node** slot(uint64_t hash) const {
    const size_t old = now_.at(hash);
    if (old < moved_) return &next_.buckets[next_.at(hash)];
    return &now_.buckets[old];
  }

  void resize_to(unsigned bits) {
    if (next_.buckets) return;  // only one resize at a time
    next_ = make_table(bits);
  }

  void move_buckets(size_t buckets) {
    if (!next_.buckets) return;
    for (; buckets > 0 && moved_ < now_.count(); --buckets) {
      for (Node* node = std::exchange(now_.buckets[moved_], nullptr); node;) {
        Node* moving = std::exchange(node, node->next_);
        Node*& head = next_.buckets[next_.at(moving->hash_)];
        moving->next_ = std::exchange(head, moving);
      }
      ++moved_;
    }
    if (moved_ < now_.count()) return;
    std::free(now_.buckets);
    now_ = std::exchange(next_, Table());
    moved_ = 0;
  }

  Table now_, next_;  // next_ exists only during a resize
  size_t moved_ = 0;  // buckets of now_ that were moved to next_
  size_t size_ = 0;
  size_t node_bytes_ = 0;
  uint64_t seed_ = 0;
};

}  // namespace multiaz::cachenode
