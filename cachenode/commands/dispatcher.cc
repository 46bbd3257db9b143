#include "cachenode/commands/dispatcher.h"

#include <algorithm>

#include "cachenode/commands/families.h"

namespace multiaz::cachenode {

namespace {

constexpr size_t kQuotedBytesMax = 128;  // most bytes of a client's input that an error text quotes

std::string unknown_command(Args args) {
  std::string text = "ERR unknown command '" + std::string(args[0].substr(0, kQuotedBytesMax)) +
                     "', with args beginning with: ";
  size_t quoted = 0;
  for (const std::string_view arg : args.subspan(1)) {
    if (quoted >= kQuotedBytesMax) break;
    const std::string_view part = arg.substr(0, kQuotedBytesMax - quoted);
    text.append("'").append(part).append("' ");
    quoted += part.size() + 3;
  }
  return text;
}

bool arity_fits(const Command& command, size_t count) {
  const int given = static_cast<int>(count);
  return command.arity > 0 ? given == command.arity : given >= -command.arity;
}

}  // namespace

Dispatcher::Dispatcher(Database& db, Host& host)
    : db_(db), host_(host), watches_(db.keys().seed()) {
  db_.keys().on_touch([this](std::string_view key) { watches_.touched(key); });
}

void Dispatcher::forget(Client& client) {
  watches_.remove(client);
}

const Command* Dispatcher::admit(Client& client, Args args, std::string& out) {
  wire::resp::ReplyWriter reply(out, client.resp);
  const Command* command = index_.find(args[0]);
  if (!command) {
    reply.error(unknown_command(args));
  } else if (!arity_fits(*command, args.size())) {
    reply.error("ERR wrong number of arguments for '" + std::string(command->name) + "' command");
    command = nullptr;
  } else if (!client.authenticated && !command->is(kNoAuth)) {
    reply.error(errors::kNoAuth);
    command = nullptr;
  }
  if (!command) client.multi_failed = client.in_multi;
  return command;
}

bool Dispatcher::out_of_memory() const {
  const uint64_t bound = host_.settings().maxmemory_bytes;
  return bound > 0 && db_.used_bytes() > bound;
}

std::string_view Dispatcher::refusal(const Command& command, const Permissions& permissions) const {
  if (command.is(kWrite) && !permissions.may_write) return permissions.no_write;
  if (command.is(kReadOnly) && !permissions.may_read) return permissions.no_read;
  if (command.is(kDenyOom) && out_of_memory()) return errors::kOutOfMemory;
  return "";
}

Lsn Dispatcher::execute(Client& client, Args args, const Permissions& permissions,
                        std::string& out) {
  const size_t begin = out.size();
  const ReplyMode mode = client.reply_mode;
  ++host_.stats().commands;
  client.active_ms = db_.now_ms();
  Lsn need;
  if (const Command* command = admit(client, args, out)) {
    client.last_command = command;
    need = run_checked(client, *command, args, permissions, out);
  }
  if (mode != ReplyMode::kOn && client.reply_mode != ReplyMode::kOn) out.resize(begin);
  if (mode == ReplyMode::kSkip && client.reply_mode == ReplyMode::kSkip) {
    client.reply_mode = ReplyMode::kOn;
  }
  return need;
}

Lsn Dispatcher::run_checked(Client& client, const Command& command, Args args,
                            const Permissions& permissions, std::string& out) {
  wire::resp::ReplyWriter reply(out, client.resp);
  const std::string_view refused = refusal(command, permissions);
  if (!refused.empty()) {
    reply.error(refused);
    if (client.in_multi) client.multi_failed = true;
    return Lsn();
  }
  if (client.in_multi && !command.is(kNotQueued)) {
    queue_command(client, command, args, reply);
    return Lsn();
  }
  const Journal::Mark mark = db_.journal().mark();
  const size_t begin = out.size();
  bool too_big = false;
  reply.bound(begin + kReplyBytesMax, too_big);
  Call call{*this, db_, client, host_, permissions, command, args, out, reply};
  const Lsn need = run(call);
  if (db_.journal().payload_bytes() - mark.payload_bytes > kEffectBytesMax) {
    db_.journal().revert(mark);
    out.resize(begin);
    reply.error("ERR the effect of this command is too large to replicate");
  } else if (too_big) {
    db_.journal().revert(mark);
    out.resize(begin);
    out.shrink_to_fit();
    reply.error("ERR the reply of this command would be larger than " +
                std::to_string(kReplyBytesMax >> 20) + " MiB; it was not executed");
  }
  return need;
}

Lsn Dispatcher::run(Call& call) {
  Lsn need;
  if (call.command.is(kAllKeys)) need = db_.journal().pending_any();
  const bool writes = call.command.is(kWrite);
  for_each_key(call.command, call.args, [&](std::string_view key) {
    need = std::max(need, db_.journal().pending(key));
    if (writes) db_.drop_expired(key);
  });
  call.command.run(call);
  return std::max(need, call.need);
}

}  // namespace multiaz::cachenode
