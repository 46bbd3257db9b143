// Scans of keys and fields: SCAN, HSCAN, KEYS, HRANDFIELD.
#include <algorithm>
#include <optional>

#include "cachenode/commands/families.h"

namespace multiaz::cachenode {

namespace {

constexpr int64_t kScanCountDefault = 10;
constexpr int64_t kBucketsPerCount = 10;       // so that a sparse table does not make SCAN slow
constexpr int64_t kRandomFieldsMax = 1 << 20;  // bound on HRANDFIELD with repetitions

struct ScanOptions {
  uint64_t cursor = 0;
  int64_t count = kScanCountDefault;
  std::string_view pattern, type;
  bool accepts(std::string_view name) const {
    return pattern.empty() || pattern == "*" || glob_matches(pattern, name);
  }
};

std::optional<uint64_t> parse_cursor(std::string_view text) {
  const auto cursor = parse_integer(text);
  if (!cursor || *cursor < 0) return std::nullopt;
  return static_cast<uint64_t>(*cursor);
}

// The cursor is args[cursor_at], and options follow. False after an error reply when they make no
// sense.
bool read_options(Call& call, size_t cursor_at, bool types, ScanOptions& options) {
  const auto cursor = parse_cursor(call.args[cursor_at]);
  if (!cursor) {
    call.reply.error("ERR invalid cursor");
    return false;
  }
  options.cursor = *cursor;
  for (size_t at = cursor_at + 1; at < call.args.size(); at += 2) {
    const bool paired = at + 1 < call.args.size();
    if (paired && is_word(call.args[at], "COUNT")) {
      const auto count = integer_arg(call, call.args[at + 1]);
      if (!count) return false;
      options.count = *count;
    } else if (paired && is_word(call.args[at], "MATCH")) {
      options.pattern = call.args[at + 1];
    } else if (paired && types && is_word(call.args[at], "TYPE")) {
      options.type = call.args[at + 1];
    } else {
      options.count = 0;
    }
    if (options.count < 1) {
      call.reply.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

// Runs scan(cursor) until enough elements were seen; returns the cursor to continue with.
template <typename Scan>
uint64_t scan_some(const ScanOptions& options, const int64_t& seen, Scan&& scan) {
  uint64_t cursor = options.cursor;
  int64_t buckets =
      options.count > INT64_MAX / kBucketsPerCount ? INT64_MAX : options.count * kBucketsPerCount;
  do cursor = scan(cursor);
  while (cursor != 0 && seen < options.count && --buckets > 0);
  return cursor;
}

void reply_scan(Call& call, uint64_t cursor, const std::vector<std::string_view>& found) {
  call.reply.array(2);
  call.reply.bulk(std::to_string(cursor));
  call.reply.array(found.size());
  for (const std::string_view item : found) call.reply.bulk(item);
}

void reply_pair(Call& call, const HashValue::Field& field, bool values) {
  if (values && call.reply.version() == 3) call.reply.array(2);
  call.reply.bulk(field.first);
  if (values) call.reply.bulk(field.second);
}

void reply_pairs_header(Call& call, size_t count, bool values) {
  call.reply.array(values && call.reply.version() == 2 ? 2 * count : count);
}

// Replies with up to `count` different fields.
void reply_distinct(Call& call, const HashValue& hash, size_t count, bool values) {
  std::vector<HashValue::Field> fields;
  hash.for_each(
      [&](std::string_view field, std::string_view value) { fields.emplace_back(field, value); });
  count = std::min(count, fields.size());
  for (size_t at = 0; at < count; ++at) {  // the first steps of a shuffle
    std::swap(fields[at], fields[at + call.db.random().below(fields.size() - at)]);
  }
  reply_pairs_header(call, count, values);
  for (size_t at = 0; at < count; ++at) reply_pair(call, fields[at], values);
}

}  // namespace

void cmd_scan(Call& call) {
  ScanOptions options;
  if (!read_options(call, 1, true, options)) return;
  std::vector<std::string_view> found;
  int64_t seen = 0;
  const uint64_t cursor = scan_some(options, seen, [&](uint64_t at) {
    return call.db.keys().scan(at, [&](const Keyspace::Node& node) {
      ++seen;
      if (node.value.expired(call.db.now_ms()) || !options.accepts(node.key())) return;
      if (!options.type.empty() && lower(options.type) != node.value.type()) return;
      found.push_back(node.key());
    });
  });
  reply_scan(call, cursor, found);
}

void cmd_hscan(Call& call) {
  ScanOptions options;
  const HashValue* hash = nullptr;
  if (!read_options(call, 2, false, options) || !find_hash(call, call.key(), hash)) return;
  std::vector<std::string_view> found;
  int64_t seen = 0;
  const uint64_t cursor = !hash ? 0 : scan_some(options, seen, [&](uint64_t at) {
    return hash->scan(at, [&](std::string_view field, std::string_view value) {
      ++seen;
      if (!options.accepts(field)) return;
      found.push_back(field);
      found.push_back(value);
    });
  });
  reply_scan(call, cursor, found);
}

void cmd_keys(Call& call) {
  const std::string_view pattern = call.args[1];
  std::vector<std::string_view> found;
  call.db.keys().for_each([&](const Keyspace::Node& node) {
    if (node.value.expired(call.db.now_ms())) return;
    if (pattern == "*" || glob_matches(pattern, node.key())) found.push_back(node.key());
  });
  call.reply.array(found.size());
  for (const std::string_view key : found) call.reply.bulk(key);
}

void cmd_hrandfield(Call& call) {
  const HashValue* hash = nullptr;
  if (call.args.size() == 2) {
    if (!find_hash(call, call.key(), hash)) return;
    if (!hash) return call.reply.null();
    return call.reply.bulk(hash->pick(call.db.random()).first);
  }
  const auto count = integer_arg(call, call.args[2]);
  if (!count) return;
  const bool values = call.args.size() == 4 && is_word(call.args[3], "WITHVALUES");
  if (call.args.size() > 3 && !values) return call.reply.error(errors::kSyntax);
  if (*count < -kRandomFieldsMax) return call.reply.error("ERR value is out of range");
  if (!find_hash(call, call.key(), hash)) return;
  if (!hash || *count == 0) return call.reply.array(0);
  if (*count > 0) return reply_distinct(call, *hash, static_cast<size_t>(*count), values);
  reply_pairs_header(call, static_cast<size_t>(-*count), values);
  for (int64_t i = 0; i > *count; --i) reply_pair(call, hash->pick(call.db.random()), values);
}

}  // namespace multiaz::cachenode
