#include "cachenode/keyspace/keyspace.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "base/core/check.h"

namespace multiaz::cachenode {

namespace {

constexpr uint64_t kDigestSeed = 0x6d756c7469617a;

uint64_t digest_of(const HashValue& hash) {
  uint64_t sum = 0;  // a sum, so that the order does not matter
  hash.for_each([&](std::string_view field, std::string_view value) {
    sum += hash_bytes(value, hash_bytes(field, kDigestSeed));
  });
  return sum;
}

}  // namespace

bool Keyspace::exchange(Change& change) {
  if (!watchers_.empty()) tell_watchers(change);
  const bool fits = std::visit([this](auto& one) { return exchange_one(one); }, change);
  if (fits && touched_) {
    if (std::holds_alternative<AllChange>(change))
      touched_("");
    else
      for_each_key(change, touched_);
  }
  return fits;
}

void Keyspace::tell_watchers(const Change& change) {
  for (Watcher* watcher : watchers_) {
    if (std::holds_alternative<AllChange>(change))
      watcher->replaced();
    else
      for_each_key(change, [watcher](std::string_view key) { watcher->before_change(key); });
  }
}

bool Keyspace::exchange_one(EntryChange& change) {
  if (!change.entry) {
    change.entry = take(change.key);
    return true;
  }
  Node* node = keys_.find(change.key);
  if (!node) {
    put(change.key, std::move(*change.entry));
    change.entry.reset();
    return true;
  }
  count_out(node->value);
  std::swap(node->value, *change.entry);
  count_in(node->value);
  return true;
}

bool Keyspace::exchange_one(ExpiryChange& change) {
  Node* node = keys_.find(change.key);
  if (!node) return false;
  Entry& entry = node->value;
  expiring_ -= entry.expire_ms != kNever;
  std::swap(entry.expire_ms, change.expire_ms);
  expiring_ += entry.expire_ms != kNever;
  return true;
}

bool Keyspace::exchange_one(FieldsChange& change) {
  Node* node = keys_.find(change.key);
  if (node && !node->value.hash()) return false;
  if (!node) {
    Entry fresh;
    fresh.value.emplace<HashValue>();
    put(change.key, std::move(fresh));
    node = keys_.find(change.key);
  }
  HashValue& hash = std::get<HashValue>(node->value.value);
  value_bytes_ -= hash.heap_bytes();
  size_t bytes = 0;
  for (const auto& [field, value] : change.fields) {
    if (value) bytes += field.size() + value->size() + 2;
  }
  hash.expect(bytes);
  for (auto& [field, value] : change.fields) hash.exchange(field, value, keys_.seed());
  value_bytes_ += hash.heap_bytes();
  std::reverse(change.fields.begin(), change.fields.end());  // because a field may be named twice
  if (hash.empty()) take(change.key);
  return true;
}

bool Keyspace::exchange_one(SpliceChange& change) {
  Node* node = keys_.find(change.key);
  if (!node || !node->value.text()) return false;
  std::string& text = std::get<std::string>(node->value.value);
  if (change.offset > text.size() || change.length > text.size() - change.offset) return false;
  value_bytes_ -= heap_bytes(text);
  std::string before = text.substr(change.offset, change.length);
  text.replace(change.offset, change.length, change.bytes);
  value_bytes_ += heap_bytes(text);
  change.length = change.bytes.size();
  change.bytes = std::move(before);
  return true;
}

bool Keyspace::exchange_one(SwapChange& change) {
  std::optional<Entry> first = take(change.key);
  std::optional<Entry> second = take(change.other);
  if (first) put(change.other, std::move(*first));
  if (second) put(change.key, std::move(*second));
  return true;
}

bool Keyspace::exchange_one(AllChange& change) {
  auto before = std::make_unique<Dict<Entry>>(keys_.seed());
  before->swap(keys_);
  expiring_ = value_bytes_ = 0;
  if (change.all) {
    keys_.swap(*change.all);
    keys_.for_each([this](const Node& node) { count_in(node.value); });
  }
  change.all = std::move(before);
  return true;
}

void Keyspace::replace(Keyspace fresh) {
  keys_.swap(fresh.keys_);
  expiring_ = fresh.expiring_;
  value_bytes_ = fresh.value_bytes_;
  for (Watcher* watcher : watchers_) watcher->replaced();
  if (touched_) touched_("");
}

void Keyspace::put(std::string_view key, Entry entry) {
  count_in(entry);
  keys_.find_or_add(key).value = std::move(entry);
}

std::optional<Entry> Keyspace::take(std::string_view key) {
  std::optional<Entry> taken = keys_.take(key);
  if (taken) count_out(*taken);
  return taken;
}

void Keyspace::count_in(const Entry& entry) {
  value_bytes_ += heap_bytes(entry);
  expiring_ += entry.expire_ms != kNever;
}

void Keyspace::count_out(const Entry& entry) {
  value_bytes_ -= heap_bytes(entry);
  expiring_ -= entry.expire_ms != kNever;
}

std::vector<std::string> Keyspace::collect_expired(uint64_t& cursor, int64_t now_ms,
                                                   size_t buckets_max, size_t keys_max) const {
  std::vector<std::string> found;
  if (expiring_ == 0) return found;
  for (; buckets_max > 0 && found.size() < keys_max; --buckets_max) {
    cursor = keys_.scan(cursor, [&](const Node& node) {
      if (node.value.expired(now_ms)) found.emplace_back(node.key());
    });
    if (cursor == 0) break;
  }
  return found;
}

uint64_t Keyspace::digest() const {
  uint64_t sum = 0;
  keys_.for_each([&](const Node& node) { sum += digest(node.key(), node.value); });
  return sum;
}

uint64_t Keyspace::digest(std::string_view key, const Entry& entry) {
  const uint64_t seed = hash_bytes(key, static_cast<uint64_t>(entry.expire_ms));
  const std::string* text = entry.text();
  return text ? hash_bytes(*text, seed) : hash_bytes("hash", seed ^ digest_of(*entry.hash()));
}

}  // namespace multiaz::cachenode
