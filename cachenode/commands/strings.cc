// SET, GET and the other commands on strings.
#include <algorithm>
#include <optional>

#include "cachenode/commands/families.h"

namespace multiaz::cachenode {

namespace {

struct SetOptions {
  bool only_absent = false, only_present = false, keep_ttl = false, give_old = false;
  bool persist = false;  // for GETEX
  std::optional<int64_t> expire_ms;
};

struct TtlWord {
  std::string_view word;
  int64_t unit_ms;
  bool relative;
};
constexpr TtlWord kTtlWords[] = {
    {"EX", 1000, true}, {"PX", 1, true}, {"EXAT", 1000, false}, {"PXAT", 1, false}};

enum class Took { kYes, kNo, kFailed };

// Reads an option such as "EX 10" at args[at].
Took take_ttl(Call& call, size_t& at, SetOptions& options) {
  for (const TtlWord& ttl : kTtlWords) {
    if (!is_word(call.args[at], ttl.word)) continue;
    if (at + 1 >= call.args.size() || options.expire_ms || options.keep_ttl || options.persist) {
      return Took::kNo;
    }
    options.expire_ms = expiry_arg(call, call.args[++at], ttl.unit_ms, ttl.relative);
    return options.expire_ms ? Took::kYes : Took::kFailed;
  }
  return Took::kNo;
}

// False after an error reply when the options from args[3] on make no sense.
bool read_set_options(Call& call, SetOptions& options) {
  for (size_t at = 3; at < call.args.size(); ++at) {
    const std::string_view word = call.args[at];
    if (is_word(word, "NX") && !options.only_present) {
      options.only_absent = true;
    } else if (is_word(word, "XX") && !options.only_absent) {
      options.only_present = true;
    } else if (is_word(word, "GET")) {
      options.give_old = true;
    } else if (is_word(word, "KEEPTTL") && !options.expire_ms) {
      options.keep_ttl = true;
    } else {
      const Took took = take_ttl(call, at, options);
      if (took == Took::kNo) call.reply.error(errors::kSyntax);
      if (took != Took::kYes) return false;
    }
  }
  return true;
}

bool too_long(Call& call, uint64_t bytes) {
  if (bytes > kStringBytesMax) call.reply.error(errors::kTooLong);
  return bytes > kStringBytesMax;
}

void reply_text(Call& call, const std::string* text) {
  if (text)
    call.reply.bulk(*text);
  else
    call.reply.null();
}

void set_with_ttl(Call& call, int64_t unit_ms) {
  const auto expire_ms = expiry_arg(call, call.args[2], unit_ms, true);
  if (!expire_ms) return;
  call.db.put(call.key(), call.args[3], *expire_ms);
  call.reply.ok();
}

}  // namespace

void cmd_set(Call& call) {
  SetOptions options;
  if (!read_set_options(call, options)) return;
  const Entry* entry = nullptr;
  if (options.only_absent || options.only_present || options.keep_ttl || options.give_old) {
    entry = call.db.find(call.key());
  }
  if (options.give_old && entry && !entry->text()) return call.reply.error(errors::kWrongType);
  const bool refused = (options.only_absent && entry) || (options.only_present && !entry);
  if (options.give_old)
    reply_text(call, entry ? entry->text() : nullptr);
  else if (refused)
    call.reply.null();
  else
    call.reply.ok();
  if (refused) return;
  const int64_t expire_ms =
      options.keep_ttl && entry ? entry->expire_ms : options.expire_ms.value_or(kNever);
  call.db.put(call.key(), call.args[2], expire_ms);
}

void cmd_setnx(Call& call) {
  const bool absent = !call.db.find(call.key());
  if (absent) call.db.put(call.key(), call.args[2], kNever);
  call.reply.integer(absent);
}

void cmd_setex(Call& call) {
  set_with_ttl(call, 1000);
}
void cmd_psetex(Call& call) {
  set_with_ttl(call, 1);
}

void cmd_get(Call& call) {
  const std::string* text = nullptr;
  if (find_text(call, call.key(), text)) reply_text(call, text);
}

void cmd_getset(Call& call) {
  const std::string* text = nullptr;
  if (!find_text(call, call.key(), text)) return;
  reply_text(call, text);
  call.db.put(call.key(), call.args[2], kNever);
}

void cmd_getdel(Call& call) {
  const std::string* text = nullptr;
  if (!find_text(call, call.key(), text)) return;
  reply_text(call, text);
  if (text) call.db.erase(call.key());
}

void cmd_getex(Call& call) {
  SetOptions options;
  for (size_t at = 2; at < call.args.size(); ++at) {
    if (is_word(call.args[at], "PERSIST") && !options.expire_ms && !options.persist) {
      options.persist = true;
      continue;
    }
    const Took took = take_ttl(call, at, options);
    if (took == Took::kNo) call.reply.error(errors::kSyntax);
    if (took != Took::kYes) return;
  }
  const std::string* text = nullptr;
  if (!find_text(call, call.key(), text)) return;
  reply_text(call, text);
  if (!text) return;
  const int64_t had_ms = call.db.find(call.key())->expire_ms;
  if (options.persist && had_ms != kNever) call.db.set_expiry(call.key(), kNever);
  if (!options.expire_ms) return;
  if (*options.expire_ms <= call.db.now_ms())
    call.db.erase(call.key());
  else
    call.db.set_expiry(call.key(), *options.expire_ms);
}

void cmd_mget(Call& call) {
  call.reply.array(call.args.size() - 1);
  for (const std::string_view key : call.args.subspan(1)) {
    const Entry* entry = call.db.find(key);
    reply_text(call, entry ? entry->text() : nullptr);  // other types count as absent
  }
}

void cmd_mset(Call& call) {
  if (call.args.size() % 2 == 0) return (void)wrong_arity(call);
  for (size_t at = 1; at < call.args.size(); at += 2) {
    call.db.put(call.args[at], call.args[at + 1], kNever);
  }
  call.reply.ok();
}

void cmd_msetnx(Call& call) {
  if (call.args.size() % 2 == 0) return (void)wrong_arity(call);
  for (size_t at = 1; at < call.args.size(); at += 2) {
    if (call.db.find(call.args[at])) return call.reply.integer(0);
  }
  for (size_t at = 1; at < call.args.size(); at += 2) {
    call.db.put(call.args[at], call.args[at + 1], kNever);
  }
  call.reply.integer(1);
}

void cmd_append(Call& call) {
  const std::string* text = nullptr;
  if (!find_text(call, call.key(), text)) return;
  const std::string_view added = call.args[2];
  const size_t before = text ? text->size() : 0;
  if (too_long(call, before + added.size())) return;
  if (!text)
    call.db.put(call.key(), added, kNever);
  else if (!added.empty())
    call.db.splice(call.key(), before, 0, std::string(added));
  call.reply.integer(static_cast<int64_t>(before + added.size()));
}

void cmd_strlen(Call& call) {
  const std::string* text = nullptr;
  if (!find_text(call, call.key(), text)) return;
  call.reply.integer(text ? static_cast<int64_t>(text->size()) : 0);
}

void cmd_getrange(Call& call) {
  const auto first = integer_arg(call, call.args[2]);
  const auto last = first ? integer_arg(call, call.args[3]) : std::nullopt;
  const std::string* text = nullptr;
  if (!last || !find_text(call, call.key(), text)) return;
  const int64_t size = text ? static_cast<int64_t>(text->size()) : 0;
  if (*first < 0 && *last < 0 && *first > *last) return call.reply.bulk("");
  const int64_t begin = std::max<int64_t>(*first < 0 ? *first + size : *first, 0);
  const int64_t end = std::min(std::max<int64_t>(*last < 0 ? *last + size : *last, 0), size - 1);
  if (size == 0 || begin > end) return call.reply.bulk("");
  call.reply.bulk(std::string_view(*text).substr(static_cast<size_t>(begin),
                                                 static_cast<size_t>(end - begin + 1)));
}

void cmd_setrange(Call& call) {
  const auto offset = integer_arg(call, call.args[2]);
  if (!offset) return;
  if (*offset < 0) return call.reply.error("ERR offset is out of range");
  const std::string* text = nullptr;
  if (!find_text(call, call.key(), text)) return;
  const std::string_view bytes = call.args[3];
  const size_t size = text ? text->size() : 0, at = static_cast<size_t>(*offset);
  if (bytes.empty()) return call.reply.integer(static_cast<int64_t>(size));
  if (at > kStringBytesMax) return call.reply.error(errors::kTooLong);
  if (too_long(call, at + bytes.size())) return;
  std::string padded(at > size ? at - size : 0, '\0');  // a gap reads as zero bytes
  padded.append(bytes);
  const size_t from = std::min(at, size);
  const size_t replaced = std::min(size - from, padded.size());
  if (text)
    call.db.splice(call.key(), from, replaced, std::move(padded));
  else
    call.db.put(call.key(), padded, kNever);
  call.reply.integer(static_cast<int64_t>(std::max(size, at + bytes.size())));
}

}  // namespace multiaz::cachenode
