#include "cachenode/keyspace/change.h"

#include "cachenode/keyspace/varint.h"

namespace multiaz::cachenode {

namespace {

enum Tag : char {
  kPutTag = 1,
  kEraseTag = 2,
  kExpiryTag = 3,
  kFieldsTag = 4,
  kSpliceTag = 5,
  kSwapTag = 6,
  kClearTag = 7,
};

Error cut_off(std::string_view what) {
  return Error(Code::kCorrupt, "record: " + std::string(what) + " is cut off or malformed");
}

struct Encoder {
  std::string& out;

  void operator()(const EntryChange& change) {
    if (change.entry) return encode_entry(change.key, *change.entry, out);
    out.push_back(kEraseTag);
    put_bytes(out, change.key);
  }
  void operator()(const ExpiryChange& change) {
    out.push_back(kExpiryTag);
    put_bytes(out, change.key);
    put_varint(out, static_cast<uint64_t>(change.expire_ms));
  }
  void operator()(const FieldsChange& change) {
    out.push_back(kFieldsTag);
    put_bytes(out, change.key);
    put_varint(out, change.fields.size());
    for (const auto& [field, value] : change.fields) {
      put_bytes(out, field);
      put_varint(out, value ? 1 : 0);
      if (value) put_bytes(out, *value);
    }
  }
  void operator()(const SpliceChange& change) {
    out.push_back(kSpliceTag);
    put_bytes(out, change.key);
    put_varint(out, change.offset);
    put_varint(out, change.length);
    put_bytes(out, change.bytes);
  }
  void operator()(const SwapChange& change) {
    out.push_back(kSwapTag);
    put_bytes(out, change.key);
    put_bytes(out, change.other);
  }
  void operator()(const AllChange& change) {
    CHECK(!change.all);
    out.push_back(kClearTag);
  }
};

Result<Change> decode_put(std::string_view& in, std::string key, uint64_t seed) {
  if (in.empty()) return cut_off("entry");
  const char type = in.front();
  in.remove_prefix(1);
  const auto expire = take_varint(in);
  if (!expire) return cut_off("expiry");
  Entry entry;
  entry.expire_ms = static_cast<int64_t>(*expire);
  if (type == 's') {
    const auto text = take_bytes(in);
    if (!text) return cut_off("string");
    entry.value.emplace<std::string>(*text);
  } else if (type == 'h') {
    const auto count = take_varint(in);
    if (!count || *count == 0) return cut_off("field count");
    HashValue& hash = entry.value.emplace<HashValue>();
    for (uint64_t i = 0; i < *count; ++i) {
      const auto field = take_bytes(in);
      const auto value = field ? take_bytes(in) : std::nullopt;
      if (!value) return cut_off("hash");
      std::optional<std::string> fresh(*value);
      hash.exchange(*field, fresh, seed);
    }
  } else {
    return cut_off("type");
  }
  return Change(EntryChange{std::move(key), std::move(entry)});
}

Result<Change> decode_fields(std::string_view& in, std::string key) {
  const auto count = take_varint(in);
  if (!count || *count == 0) return cut_off("field count");
  FieldsChange change{std::move(key), {}};
  for (uint64_t i = 0; i < *count; ++i) {
    const auto field = take_bytes(in);
    const auto present = field ? take_varint(in) : std::nullopt;
    if (!present || *present > 1) return cut_off("field");
    auto& added = change.fields.emplace_back(std::string(*field), std::nullopt);
    if (*present == 0) continue;
    const auto value = take_bytes(in);
    if (!value) return cut_off("field value");
    added.second.emplace(*value);
  }
  return Change(std::move(change));
}

Result<Change> decode_splice(std::string_view& in, std::string key) {
  const auto offset = take_varint(in);
  const auto length = offset ? take_varint(in) : std::nullopt;
  const auto bytes = length ? take_bytes(in) : std::nullopt;
  if (!bytes) return cut_off("splice");
  return Change(SpliceChange{std::move(key), *offset, *length, std::string(*bytes)});
}

}  // namespace

void encode(const Change& change, std::string& out) {
  std::visit(Encoder{out}, change);
}

void encode_entry(std::string_view key, const Entry& entry, std::string& out) {
  out.push_back(kPutTag);
  put_bytes(out, key);
  out.push_back(entry.text() ? 's' : 'h');
  put_varint(out, static_cast<uint64_t>(entry.expire_ms));
  if (const std::string* text = entry.text()) return put_bytes(out, *text);
  const HashValue& hash = *entry.hash();
  put_varint(out, hash.size());
  hash.for_each([&](std::string_view field, std::string_view value) {
    put_bytes(out, field);
    put_bytes(out, value);
  });
}

Result<Change> decode_change(std::string_view& in, uint64_t seed) {
  if (in.empty()) return cut_off("change");
  const char tag = in.front();
  in.remove_prefix(1);
  if (tag == kClearTag) return Change(AllChange{});
  const auto key_bytes = take_bytes(in);
  if (!key_bytes) return cut_off("key");
  std::string key(*key_bytes);
  switch (tag) {
    case kPutTag: return decode_put(in, std::move(key), seed);
    case kEraseTag: return Change(EntryChange{std::move(key), std::nullopt});
    case kFieldsTag: return decode_fields(in, std::move(key));
    case kSpliceTag: return decode_splice(in, std::move(key));
    case kExpiryTag: {
      const auto expire = take_varint(in);
      if (!expire) return cut_off("expiry");
      return Change(ExpiryChange{std::move(key), static_cast<int64_t>(*expire)});
    }
    case kSwapTag: {
      const auto other = take_bytes(in);
      if (!other) return cut_off("other key");
      return Change(SwapChange{std::move(key), std::string(*other)});
    }
    default: return cut_off("tag");
  }
}

size_t held_bytes(const Change& change) {
  size_t bytes = sizeof(Change);
  for_each_key(change, [&](std::string_view key) { bytes += key.size(); });
  if (const auto* entry = std::get_if<EntryChange>(&change)) {
    if (entry->entry) bytes += heap_bytes(*entry->entry);
  } else if (const auto* fields = std::get_if<FieldsChange>(&change)) {
    for (const auto& [field, value] : fields->fields) {
      bytes += sizeof(fields->fields[0]) + heap_bytes(field) + (value ? heap_bytes(*value) : 0);
    }
  } else if (const auto* splice = std::get_if<SpliceChange>(&change)) {
    bytes += heap_bytes(splice->bytes);
  }
  return bytes;
}

}  // namespace multiaz::cachenode
