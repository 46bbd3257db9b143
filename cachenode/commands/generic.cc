// Keys of any type: presence, removal, renaming.
#include "cachenode/commands/families.h"

namespace multiaz::cachenode {

namespace {

constexpr int kRandomTriesMax = 100;  // how many expired keys RANDOMKEY skips at most

// Tests each named key and replies with how often the test was true.
template <typename Test>
void count_keys(Call& call, Test&& test) {
  int64_t count = 0;
  for (const std::string_view key : call.args.subspan(1)) count += test(key);
  call.reply.integer(count);
}

// False after an error reply.
bool rename(Call& call, bool only_absent, bool& renamed) {
  const std::string_view from = call.args[1], to = call.args[2];
  if (!call.db.find(from)) {
    call.reply.error(errors::kNoSuchKey);
    return false;
  }
  renamed = !only_absent || !call.db.find(to);
  if (renamed && from != to) call.db.rename(from, to);
  return true;
}

}  // namespace

void cmd_del(Call& call) {
  count_keys(call, [&](std::string_view key) { return call.db.erase(key); });
}

void cmd_exists(Call& call) {
  count_keys(call, [&](std::string_view key) { return call.db.find(key) != nullptr; });
}

void cmd_type(Call& call) {
  const Entry* entry = call.db.find(call.key());
  call.reply.simple(entry ? entry->type() : "none");
}

void cmd_rename(Call& call) {
  bool renamed = false;
  if (rename(call, false, renamed)) call.reply.ok();
}

void cmd_renamenx(Call& call) {
  bool renamed = false;
  if (rename(call, true, renamed)) call.reply.integer(renamed);
}

void cmd_randomkey(Call& call) {
  for (int tries = 0; tries < kRandomTriesMax; ++tries) {
    const Keyspace::Node* node = call.db.keys().pick(call.db.random());
    if (!node) break;
    if (!node->value.expired(call.db.now_ms())) return call.reply.bulk(node->key());
  }
  call.reply.null();
}

void cmd_dbsize(Call& call) {
  call.reply.integer(static_cast<int64_t>(call.db.keys().size()));
}

void cmd_flush(Call& call) {
  const bool mode =
      call.args.size() == 2 && (is_word(call.args[1], "ASYNC") || is_word(call.args[1], "SYNC"));
  if (call.args.size() > 1 && !mode) return call.reply.error(errors::kSyntax);
  call.db.clear();
  call.reply.ok();
}

}  // namespace multiaz::cachenode
