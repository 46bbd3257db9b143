// CLIENT: what connections show of themselves and of each other.
#include <algorithm>

#include "cachenode/commands/families.h"

namespace multiaz::cachenode {

namespace {

std::string describe(const Client& client, int64_t now_ms) {
  std::string out;
  const auto add = [&out](std::string_view name, std::string_view value) {
    if (!out.empty()) out.push_back(' ');
    out.append(name).append("=").append(value);
  };
  const auto add_number = [&](std::string_view name, int64_t value) {
    add(name, std::to_string(value));
  };
  const auto add_age = [&](std::string_view name, int64_t since_ms) {
    add_number(name, std::max<int64_t>(now_ms - since_ms, 0) / 1000);
  };
  add_number("id", static_cast<int64_t>(client.id));
  add("addr", client.peer);
  add("laddr", client.local);
  add("name", client.name);
  add_age("age", client.since_ms);
  add_age("idle", client.active_ms);
  add("flags", client.in_multi ? "x" : "N");
  add("db", "0");
  add_number("multi", client.in_multi ? static_cast<int64_t>(client.queue.size()) : -1);
  add_number("watch", static_cast<int64_t>(client.watched.size()));
  add("cmd", client.last_command ? client.last_command->name : "NULL");
  add("user", "default");
  add_number("resp", client.resp);
  add("lib-name", client.library);
  add("lib-ver", client.library_version);
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
  size_t args_min, args_max;  // counted with "client" and the name
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
