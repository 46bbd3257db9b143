// Hashes: the fields of one key.
#include <cmath>
#include <optional>

#include "cachenode/commands/families.h"

namespace multiaz::cachenode {

namespace {

// Sets the fields at args[2...]; false after an error reply. `added` counts the new ones.
bool set_fields(Call& call, int64_t& added) {
  if (call.args.size() % 2 != 0) return wrong_arity(call);
  const HashValue* hash = nullptr;
  if (!find_hash(call, call.key(), hash)) return false;
  Database::Fields fields;
  fields.reserve(call.args.size() / 2 - 1);
  for (size_t at = 2; at < call.args.size(); at += 2) {
    fields.emplace_back(std::string(call.args[at]), std::string(call.args[at + 1]));
  }
  added = static_cast<int64_t>(call.db.set_fields(call.key(), std::move(fields)));
  return true;
}

void set_field(Call& call, std::string_view field, std::string value) {
  Database::Fields fields;
  fields.emplace_back(std::string(field), std::move(value));
  call.db.set_fields(call.key(), std::move(fields));
}

enum class Parts { kFields, kValues, kBoth };

void reply_all(Call& call, Parts parts) {
  const HashValue* hash = nullptr;
  if (!find_hash(call, call.key(), hash)) return;
  const size_t size = hash ? hash->size() : 0;
  if (parts == Parts::kBoth)
    call.reply.map(size);
  else
    call.reply.array(size);
  if (!hash) return;
  hash->for_each([&](std::string_view field, std::string_view value) {
    if (parts != Parts::kValues) call.reply.bulk(field);
    if (parts != Parts::kFields) call.reply.bulk(value);
  });
}

void reply_field(Call& call, const HashValue* hash, std::string_view field) {
  const auto value = hash ? hash->find(field) : std::nullopt;
  if (value)
    call.reply.bulk(*value);
  else
    call.reply.null();
}

}  // namespace

void cmd_hset(Call& call) {
  int64_t added = 0;
  if (set_fields(call, added)) call.reply.integer(added);
}

void cmd_hmset(Call& call) {
  int64_t added = 0;
  if (set_fields(call, added)) call.reply.ok();
}

void cmd_hsetnx(Call& call) {
  const HashValue* hash = nullptr;
  if (!find_hash(call, call.key(), hash)) return;
  const bool absent = !hash || !hash->find(call.args[2]);
  if (absent) set_field(call, call.args[2], std::string(call.args[3]));
  call.reply.integer(absent);
}

void cmd_hget(Call& call) {
  const HashValue* hash = nullptr;
  if (find_hash(call, call.key(), hash)) reply_field(call, hash, call.args[2]);
}

void cmd_hmget(Call& call) {
  const HashValue* hash = nullptr;
  if (!find_hash(call, call.key(), hash)) return;
  call.reply.array(call.args.size() - 2);
  for (const std::string_view field : call.args.subspan(2)) reply_field(call, hash, field);
}

void cmd_hgetall(Call& call) {
  reply_all(call, Parts::kBoth);
}
void cmd_hkeys(Call& call) {
  reply_all(call, Parts::kFields);
}
void cmd_hvals(Call& call) {
  reply_all(call, Parts::kValues);
}

void cmd_hdel(Call& call) {
  const HashValue* hash = nullptr;
  if (!find_hash(call, call.key(), hash)) return;
  const std::vector<std::string_view> fields(call.args.begin() + 2, call.args.end());
  const size_t removed = hash ? call.db.erase_fields(call.key(), fields) : 0;
  call.reply.integer(static_cast<int64_t>(removed));
}

void cmd_hlen(Call& call) {
  const HashValue* hash = nullptr;
  if (!find_hash(call, call.key(), hash)) return;
  call.reply.integer(hash ? static_cast<int64_t>(hash->size()) : 0);
}

void cmd_hexists(Call& call) {
  const HashValue* hash = nullptr;
  if (!find_hash(call, call.key(), hash)) return;
  call.reply.integer(hash && hash->find(call.args[2]));
}

void cmd_hstrlen(Call& call) {
  const HashValue* hash = nullptr;
  if (!find_hash(call, call.key(), hash)) return;
  const auto value = hash ? hash->find(call.args[2]) : std::nullopt;
  call.reply.integer(value ? static_cast<int64_t>(value->size()) : 0);
}

void cmd_hincrby(Call& call) {
  const auto amount = integer_arg(call, call.args[3]);
  const HashValue* hash = nullptr;
  if (!amount || !find_hash(call, call.key(), hash)) return;
  const auto text = hash ? hash->find(call.args[2]) : std::nullopt;
  const auto before = text ? parse_integer(*text) : std::optional<int64_t>(0);
  if (!before) return call.reply.error("ERR hash value is not an integer");
  int64_t sum = 0;
  if (__builtin_add_overflow(*before, *amount, &sum)) return call.reply.error(errors::kOverflow);
  set_field(call, call.args[2], std::to_string(sum));
  call.reply.integer(sum);
}

void cmd_hincrbyfloat(Call& call) {
  const auto amount = float_arg(call, call.args[3]);
  const HashValue* hash = nullptr;
  if (!amount || !find_hash(call, call.key(), hash)) return;
  const auto text = hash ? hash->find(call.args[2]) : std::nullopt;
  const auto before = text ? parse_float(*text) : std::optional<long double>(0);
  if (!before) return call.reply.error("ERR hash value is not a float");
  const long double sum = *before + *amount;
  if (!std::isfinite(sum)) return call.reply.error(errors::kNanOrInfinity);
  const std::string formatted = format_float(sum);
  set_field(call, call.args[2], formatted);
  call.reply.bulk(formatted);
}

}  // namespace multiaz::cachenode
