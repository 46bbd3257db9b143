// Times to live. A record carries the absolute time; a time that has passed is a removal.
#include "cachenode/commands/families.h"

namespace multiaz::cachenode {

namespace {

struct Conditions {
  // the options NX, XX, GT and LT
  bool absent = false, present = false, greater = false, less = false;
};

bool read_conditions(Call& call, Conditions& conditions) {
  for (const std::string_view word : call.args.subspan(3)) {
    if (is_word(word, "NX"))
      conditions.absent = true;
    else if (is_word(word, "XX"))
      conditions.present = true;
    else if (is_word(word, "GT"))
      conditions.greater = true;
    else if (is_word(word, "LT"))
      conditions.less = true;
    else {
      call.reply.error("ERR Unsupported option " + std::string(word));
      return false;
    }
  }
  if (conditions.absent && (conditions.present || conditions.greater || conditions.less)) {
    call.reply.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return false;
  }
  if (conditions.greater && conditions.less) {
    call.reply.error("ERR GT and LT options at the same time are not compatible");
    return false;
  }
  return true;
}

// A key without expiry counts as one that expires later than any time.
bool allowed(const Conditions& conditions, int64_t had_ms, int64_t when_ms) {
  if (conditions.absent && had_ms != kNever) return false;
  if (conditions.present && had_ms == kNever) return false;
  if (conditions.greater && (had_ms == kNever || when_ms <= had_ms)) return false;
  if (conditions.less && had_ms != kNever && when_ms >= had_ms) return false;
  return true;
}

void expire(Call& call, int64_t unit_ms, bool relative) {
  Conditions conditions;
  const auto when_ms = expiry_arg(call, call.args[2], unit_ms, relative, true);
  if (!when_ms || !read_conditions(call, conditions)) return;
  const Entry* entry = call.db.find(call.key());
  if (!entry || !allowed(conditions, entry->expire_ms, *when_ms)) return call.reply.integer(0);
  if (*when_ms <= call.db.now_ms())
    call.db.erase(call.key());
  else if (*when_ms != entry->expire_ms)
    call.db.set_expiry(call.key(), *when_ms);
  call.reply.integer(1);
}

// Replies -2 when there is no such key, -1 when it does not expire.
void reply_expiry(Call& call, int64_t unit_ms, bool relative) {
  const Entry* entry = call.db.find(call.key());
  if (!entry) return call.reply.integer(-2);
  if (entry->expire_ms == kNever) return call.reply.integer(-1);
  const int64_t ms = entry->expire_ms - (relative ? call.db.now_ms() : 0);
  call.reply.integer(unit_ms == 1 ? ms : (ms + unit_ms / 2) / unit_ms);
}

}  // namespace

void cmd_expire(Call& call) {
  expire(call, 1000, true);
}
void cmd_pexpire(Call& call) {
  expire(call, 1, true);
}
void cmd_expireat(Call& call) {
  expire(call, 1000, false);
}
void cmd_pexpireat(Call& call) {
  expire(call, 1, false);
}
void cmd_ttl(Call& call) {
  reply_expiry(call, 1000, true);
}
void cmd_pttl(Call& call) {
  reply_expiry(call, 1, true);
}
void cmd_expiretime(Call& call) {
  reply_expiry(call, 1000, false);
}
void cmd_pexpiretime(Call& call) {
  reply_expiry(call, 1, false);
}

void cmd_persist(Call& call) {
  const Entry* entry = call.db.find(call.key());
  const bool expires = entry && entry->expire_ms != kNever;
  if (expires) call.db.set_expiry(call.key(), kNever);
  call.reply.integer(expires);
}

}  // namespace multiaz::cachenode
