// Counters: numbers kept in strings. The record carries the result and not the increment.
#include <cmath>
#include <optional>

#include "cachenode/commands/families.h"

namespace multiaz::cachenode {

namespace {

void add(Call& call, int64_t amount) {
  const std::string* text = nullptr;
  if (!find_text(call, call.key(), text)) return;
  int64_t value = 0;
  if (text) {
    const auto parsed = integer_arg(call, *text);
    if (!parsed) return;
    value = *parsed;
  }
  if (__builtin_add_overflow(value, amount, &value)) return call.reply.error(errors::kOverflow);
  const Entry* entry = call.db.find(call.key());
  call.db.put(call.key(), std::to_string(value), entry ? entry->expire_ms : kNever);
  call.reply.integer(value);
}

}  // namespace

void cmd_incr(Call& call) {
  add(call, 1);
}
void cmd_decr(Call& call) {
  add(call, -1);
}

void cmd_incrby(Call& call) {
  const auto amount = integer_arg(call, call.args[2]);
  if (amount) add(call, *amount);
}

void cmd_decrby(Call& call) {
  const auto amount = integer_arg(call, call.args[2]);
  if (!amount) return;
  if (*amount == INT64_MIN) return call.reply.error("ERR decrement would overflow");
  add(call, -*amount);
}

void cmd_incrbyfloat(Call& call) {
  const std::string* text = nullptr;
  if (!find_text(call, call.key(), text)) return;
  const auto value = text ? float_arg(call, *text) : std::optional<long double>(0);
  const auto amount = value ? float_arg(call, call.args[2]) : std::nullopt;
  if (!amount) return;
  const long double sum = *value + *amount;
  if (!std::isfinite(sum)) return call.reply.error(errors::kNanOrInfinity);
  const Entry* entry = call.db.find(call.key());
  const std::string formatted = format_float(sum);
  call.db.put(call.key(), formatted, entry ? entry->expire_ms : kNever);
  call.reply.bulk(formatted);
}

}  // namespace multiaz::cachenode
