// CLIENT: what connections know about themselves and each other.
#include "cachenode/commands/families.h"

namespace multiaz::cachenode {

namespace {

std::string describe(const Client& client, int64_t now_ms) {
  const auto seconds = [&](int64_t since_ms) {
    return std::to_string(std::max<int64_t>(now_ms - since_ms, 0) / 1000);
  };
  std::string out = "id=" + std::to_string(client.id);
  out += " addr=" + client.peer + " laddr=" + client.local + " name=" + client.name;
  out += " age=" + seconds(client.since_ms) + " idle=" + seconds(client.active_ms);
  out += std::string(" flags=") + (client.in_multi ? "x" : "N") + " db=0 sub=0 psub=0 multi=";
  out += client.in_multi ? std::to_string(client.queue.size()) : "-1";
  out += " watch=" + std::to_string(client.watched.size());
  out += " cmd=" + (client.last_command ? std::string(client.last_command->name) : "NULL");
  out += " user=default resp=" + std::to_string(client.resp);
  out += " lib-name=" + client.library + " lib-ver=" + client.library_version;
  return out;
}

void client_id(Call& call) {
  call.reply.integer(static_cast<int64_t>(call.client.id));
}

void client_getname(Call& call) {
  if (call.client.name.empty())
    call.reply.null();
  else
    call.reply.bulk(call.client.name);
}

void client_setname(Call& call) {
  if (set_client_name(call, call.args[2])) call.reply.ok();
}

void client_setinfo(Call& call) {
  if (is_word(call.args[2], "LIB-NAME"))
    call.client.library = std::string(call.args[3]);
  else if (is_word(call.args[2], "LIB-VER"))
    call.client.library_version = std::string(call.args[3]);
  else
    return call.reply.error("ERR Unrecognized option '" + std::string(call.args[2]) + "'");
  call.reply.ok();
}

void client_info(Call& call) {
  call.reply.verbatim(describe(call.client, call.db.now_ms()) + "\n");
}

void client_list(Call& call) {
  std::string out;
  for (const Client* client : call.host.clients()) {
    out += describe(*client, call.db.now_ms()) + "\n";
  }
  call.reply.verbatim(out);
}

void client_no_evict(Call& call) {
  const bool on = is_word(call.args[2], "ON");
  if (!on && !is_word(call.args[2], "OFF")) return call.reply.error(errors::kSyntax);
  call.client.no_evict = on;
  call.reply.ok();
}

void client_reply(Call& call) {
  if (is_word(call.args[2], "ON")) {
    call.client.reply_mode = ReplyMode::kOn;
    call.reply.ok();
  } else if (is_word(call.args[2], "OFF")) {
    call.client.reply_mode = ReplyMode::kOff;
  } else if (is_word(call.args[2], "SKIP")) {
    if (call.client.reply_mode == ReplyMode::kOn) call.client.reply_mode = ReplyMode::kSkip;
  } else {
    call.reply.error(errors::kSyntax);
  }
}

void client_getredir(Call& call) {
  call.reply.integer(-1);
}

struct Subcommand {
  std::string_view name;
  size_t args_min, args_max;  // "client" and the name included
  void (*run)(Call& call);
};
constexpr Subcommand kSubcommands[] = {
    {"ID", 2, 2, client_id},
    {"GETNAME", 2, 2, client_getname},
    {"SETNAME", 3, 3, client_setname},
    {"SETINFO", 4, 4, client_setinfo},
    {"INFO", 2, 2, client_info},
    {"LIST", 2, 64, client_list},
    {"REPLY", 3, 3, client_reply},
    {"NO-EVICT", 3, 3, client_no_evict},
    {"NO-TOUCH", 3, 3, client_no_evict},
    {"GETREDIR", 2, 2, client_getredir},
};

}  // namespace

void cmd_client(Call& call) {
  for (const Subcommand& subcommand : kSubcommands) {
    if (!is_word(call.args[1], subcommand.name)) continue;
    if (call.args.size() < subcommand.args_min || call.args.size() > subcommand.args_max) {
      return call.reply.error("ERR wrong number of arguments for 'client|" +
                              lower(subcommand.name) + "' command");
    }
    return subcommand.run(call);
  }
  reply_unknown_subcommand(call);
}

}  // namespace multiaz::cachenode
