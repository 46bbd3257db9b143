#include "cachenode/keyspace/hash_value.h"

#include "cachenode/keyspace/varint.h"

namespace multiaz::cachenode {

namespace {

// A block with this much unused capacity is copied into a smaller one.
constexpr size_t kSlackBytesMax = 64;

// Reads a length from trusted bytes; `at` moves behind it.
inline size_t read_length(const char*& at) {
  size_t value = static_cast<uint8_t>(*at++);
  if (value < 0x80) return value;
  value &= 0x7f;
  for (unsigned shift = 7;; shift += 7) {
    const auto byte = static_cast<uint8_t>(*at++);
    value |= static_cast<size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

std::string encode_field(std::string_view field, std::string_view value) {
  std::string out;
  out.reserve(field.size() + value.size() + 6);
  put_bytes(out, field);
  put_bytes(out, value);
  return out;
}

}  // namespace

size_t HashValue::size() const {
  if (table_) return table_->fields.size();
  size_t count = 0;
  for (size_t at = 0; at < compact_.size(); ++count) read_field(at);
  return count;
}

HashValue::Field HashValue::read_field(size_t& at) const {
  const char* here = compact_.data() + at;
  const size_t field_bytes = read_length(here);
  const std::string_view field(here, field_bytes);
  here += field_bytes;
  const size_t value_bytes = read_length(here);
  const std::string_view value(here, value_bytes);
  at = static_cast<size_t>(here + value_bytes - compact_.data());
  return Field(field, value);
}

std::optional<std::string_view> HashValue::find(std::string_view field) const {
  if (table_) {
    const auto* node = table_->fields.find(field);
    if (!node) return std::nullopt;
    return std::string_view(node->value);
  }
  for (size_t at = 0; at < compact_.size();) {
    const Field here = read_field(at);
    if (here.first == field) return here.second;
  }
  return std::nullopt;
}

void HashValue::expect(size_t bytes) {
  const size_t wanted = compact_.size() + bytes;
  if (!table_ && wanted <= kCompactBytesMax && wanted > compact_.capacity()) {
    compact_.reserve(wanted);
  }
}

void HashValue::exchange(std::string_view field, std::optional<std::string>& value, uint64_t seed) {
  const size_t added = value ? field.size() + value->size() + 4 : 0;
  if (!table_ && compact_.size() + added > kCompactBytesMax) outgrow(seed);
  if (table_)
    exchange_table(field, value);
  else
    exchange_compact(field, value);
}

void HashValue::exchange_compact(std::string_view field, std::optional<std::string>& value) {
  for (size_t at = 0; at < compact_.size();) {
    const size_t start = at;
    const Field here = read_field(at);
    if (here.first != field) continue;
    std::string before(here.second);
    if (value)
      compact_.replace(start, at - start, encode_field(field, *value));
    else
      compact_.erase(start, at - start);
    if (compact_.capacity() > compact_.size() + kSlackBytesMax) compact_.shrink_to_fit();
    value = std::move(before);
    return;
  }
  if (!value) return;
  put_bytes(compact_, field);
  put_bytes(compact_, *value);
  value.reset();
}

void HashValue::exchange_table(std::string_view field, std::optional<std::string>& value) {
  std::optional<std::string> before;
  if (!value) {
    before = table_->fields.take(field);
  } else {
    const size_t fields = table_->fields.size();
    auto& node = table_->fields.find_or_add(field);
    if (table_->fields.size() == fields) before = std::move(node.value);
    node.value = std::move(*value);
    table_->value_bytes += cachenode::heap_bytes(node.value);
  }
  if (before) table_->value_bytes -= cachenode::heap_bytes(*before);
  value = std::move(before);
}

void HashValue::outgrow(uint64_t seed) {
  auto table = std::make_unique<Table>(seed);
  for (size_t at = 0; at < compact_.size();) {
    const Field field = read_field(at);
    auto& node = table->fields.find_or_add(field.first);
    node.value = std::string(field.second);
    table->value_bytes += cachenode::heap_bytes(node.value);
  }
  table_ = std::move(table);
  std::string().swap(compact_);
}

HashValue::Field HashValue::pick(Random& random) const {
  CHECK(!empty());
  if (table_) {
    const auto* node = table_->fields.pick(random);
    return Field(node->key(), node->value);
  }
  size_t at = 0;
  Field field;
  for (size_t steps = 1 + random.below(size()); steps > 0; --steps) field = read_field(at);
  return field;
}

size_t HashValue::heap_bytes() const {
  if (!table_) return cachenode::heap_bytes(compact_);
  return cachenode::heap_bytes(sizeof(Table)) + table_->fields.heap_bytes() + table_->value_bytes;
}

}  // namespace multiaz::cachenode
