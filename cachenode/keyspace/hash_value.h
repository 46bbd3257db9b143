// HashValue: the fields of one hash. A small one is a single block of bytes, searched from the
// front (a session of ten short fields costs its bytes plus two per field); from kCompactBytesMax
// on it is a Dict.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cachenode/keyspace/dict.h"

namespace multiaz::cachenode {

constexpr size_t kCompactBytesMax = 2048;

class HashValue {
 public:
  using Field = std::pair<std::string_view, std::string_view>;  // field, value

  bool empty() const { return table_ ? table_->fields.empty() : compact_.empty(); }
  size_t size() const;  // walks all fields of a compact hash
  bool compact() const { return !table_; }
  // Valid until the next change.
  std::optional<std::string_view> find(std::string_view field) const;

  // Gives `field` the value, or removes it (nullopt); leaves the previous value in `value`. `seed`
  // is that of the keyspace.
  void exchange(std::string_view field, std::optional<std::string>& value, uint64_t seed);
  // Makes room at once for the fields that follow: `bytes` in all, with two per field added.
  void expect(size_t bytes);

  // Visits a part of the fields; returns the next cursor, 0 at the end (Dict::scan). A compact hash
  // is visited as a whole.
  template <typename Visit>  // visit(field, value)
  uint64_t scan(uint64_t cursor, Visit&& visit) const {
    if (table_) {
      return table_->fields.scan(cursor, [&](const auto& node) { visit(node.key(), node.value); });
    }
    for (size_t at = 0; at < compact_.size();) {
      const Field field = read_field(at);
      visit(field.first, field.second);
    }
    return 0;
  }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    uint64_t cursor = 0;
    do cursor = scan(cursor, visit);
    while (cursor != 0);
  }
  // REQUIRES: not empty.
  Field pick(Random& random) const;

  size_t heap_bytes() const;

 private:
  struct Table {
    explicit Table(uint64_t seed) : fields(seed) {}
    Dict<std::string> fields;
    size_t value_bytes = 0;  // heap bytes of the values
  };

  // Reads the field at `at`, which moves behind it. REQUIRES: compact.
  Field read_field(size_t& at) const;
  void exchange_compact(std::string_view field, std::optional<std::string>& value);
  void exchange_table(std::string_view field, std::optional<std::string>& value);
  void outgrow(uint64_t seed);

  std::string compact_;  // {varint n, field, varint n, value}...
  std::unique_ptr<Table> table_;
};

}  // namespace multiaz::cachenode
