// MULTI, EXEC, DISCARD and WATCH. EXEC executes a transaction as a whole, as one record.
#include <algorithm>

#include "cachenode/commands/dispatcher.h"
#include "cachenode/commands/families.h"

namespace multiaz::cachenode {

namespace {

void end_transaction(Call& call) {
  Client& client = call.client;
  client.in_multi = client.multi_failed = false;
  client.queue.clear();
  client.queued_bytes = 0;
  call.dispatcher.watches().remove(client);
}

// A watched key that has expired since then counts as changed.
bool watch_broken(const Call& call) {
  const auto gone = [&](const WatchedKey& watched) {
    return !watched.was_expired && call.db.keys().holds_expired(watched.key, call.db.now_ms());
  };
  return call.client.watch_broken ||
         std::any_of(call.client.watched.begin(), call.client.watched.end(), gone);
}

// The reason why the queue as a whole may not run now; "" when it may.
std::string_view queue_refusal(const Call& call) {
  for (const QueuedCommand& queued : call.client.queue) {
    const std::string_view refused = call.dispatcher.refusal(*queued.command, call.permissions);
    if (!refused.empty()) return refused;
  }
  return "";
}

void run_queue(Call& call) {
  const std::vector<QueuedCommand> queue = std::move(call.client.queue);
  end_transaction(call);  // so that a queued command runs like one outside of MULTI
  call.reply.array(queue.size());
  std::vector<std::string_view> args;
  for (const QueuedCommand& queued : queue) {
    args.assign(queued.args.begin(), queued.args.end());
    Call inner{call.dispatcher,
               call.db,
               call.client,
               call.host,
               call.permissions,
               *queued.command,
               args,
               call.out,
               call.reply.in_version(call.client.resp)};
    inner.in_exec = true;
    call.need = std::max(call.need, call.dispatcher.run(inner));
  }
}

}  // namespace

void queue_command(Client& client, const Command& command, Args args,
                   wire::resp::ReplyWriter& reply) {
  size_t bytes = 0;
  for (const std::string_view arg : args) bytes += arg.size() + sizeof(std::string);
  if (client.queue.size() >= kQueuedCommandsMax || client.queued_bytes + bytes > kQueuedBytesMax) {
    client.multi_failed = true;
    return reply.error("ERR the transaction is too large");
  }
  client.queued_bytes += bytes;
  QueuedCommand queued;
  queued.command = &command;
  queued.args.assign(args.begin(), args.end());
  client.queue.push_back(std::move(queued));
  reply.simple("QUEUED");
}

void cmd_multi(Call& call) {
  if (call.client.in_multi) return call.reply.error("ERR MULTI calls can not be nested");
  call.client.in_multi = true;
  call.reply.ok();
}

void cmd_exec(Call& call) {
  if (!call.client.in_multi) return call.reply.error("ERR EXEC without MULTI");
  if (call.client.multi_failed) {
    end_transaction(call);
    return call.reply.error("EXECABORT Transaction discarded because of previous errors.");
  }
  if (watch_broken(call)) {
    end_transaction(call);
    return call.reply.null_array();
  }
  const std::string_view refused = queue_refusal(call);
  if (!refused.empty()) {
    end_transaction(call);
    return call.reply.error("EXECABORT Transaction discarded because of: " + std::string(refused));
  }
  run_queue(call);
}

void cmd_discard(Call& call) {
  if (!call.client.in_multi) return call.reply.error("ERR DISCARD without MULTI");
  end_transaction(call);
  call.reply.ok();
}

void cmd_watch(Call& call) {
  if (call.client.in_multi) return call.reply.error("ERR WATCH inside MULTI is not allowed");
  if (call.client.watched.size() + call.args.size() > kWatchedKeysMax) {
    return call.reply.error("ERR too many watched keys");
  }
  for (const std::string_view key : call.args.subspan(1)) {
    call.dispatcher.watches().add(call.client, key,
                                  call.db.keys().holds_expired(key, call.db.now_ms()));
  }
  call.reply.ok();
}

void cmd_unwatch(Call& call) {
  call.dispatcher.watches().remove(call.client);
  call.reply.ok();
}

void cmd_reset(Call& call) {
  Client& client = call.client;
  end_transaction(call);
  client.resp = 2;
  client.name.clear();
  client.reply_mode = ReplyMode::kOn;
  client.no_evict = false;
  client.authenticated = call.host.settings().password.empty();
  call.reply.simple("RESET");
}

}  // namespace multiaz::cachenode
