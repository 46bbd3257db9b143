// COMMAND and CONFIG, which tools ask when they start, and the commands that the control plane
// reserves for itself.
#include <algorithm>

#include "cachenode/commands/dispatcher.h"
#include "cachenode/commands/families.h"

namespace multiaz::cachenode {

namespace {

struct FlagName {
  uint32_t flag;
  std::string_view name;
};
constexpr FlagName kFlagNames[] = {{kWrite, "write"},     {kReadOnly, "readonly"},
                                   {kDenyOom, "denyoom"}, {kFast, "fast"},
                                   {kAdmin, "admin"},     {kNoAuth, "no_auth"}};

void reply_command(Call& call, const Command& command) {
  size_t flags = 0;
  for (const FlagName& flag : kFlagNames) flags += command.is(flag.flag);
  call.reply.array(10);
  call.reply.bulk(command.name);
  call.reply.integer(command.arity);
  call.reply.set(flags);
  for (const FlagName& flag : kFlagNames) {
    if (command.is(flag.flag)) call.reply.simple(flag.name);
  }
  call.reply.integer(command.first_key);
  call.reply.integer(command.last_key);
  call.reply.integer(command.key_step);
  call.reply.set(1);  // ACL categories
  call.reply.simple("@" + std::string(command.group));
  call.reply.array(0);  // tips
  call.reply.array(0);  // key specifications
  call.reply.array(0);  // subcommands
}

// The named commands, or all of them; null for unknown names.
std::vector<const Command*> named(Call& call) {
  std::vector<const Command*> commands;
  for (const std::string_view name : call.args.subspan(std::min<size_t>(2, call.args.size()))) {
    commands.push_back(call.dispatcher.index().find(name));
  }
  if (call.args.size() <= 2) {
    for (const Command& command : command_table()) commands.push_back(&command);
  }
  return commands;
}

void command_info(Call& call) {
  const std::vector<const Command*> commands = named(call);
  call.reply.array(commands.size());
  for (const Command* command : commands) {
    if (command)
      reply_command(call, *command);
    else
      call.reply.null_array();
  }
}

void command_docs(Call& call) {
  std::vector<const Command*> commands = named(call);
  std::erase(commands, nullptr);
  call.reply.map(commands.size());
  for (const Command* command : commands) {
    call.reply.bulk(command->name);
    call.reply.map(2);
    call.reply.bulk("summary");
    call.reply.bulk(command->summary);
    call.reply.bulk("group");
    call.reply.bulk(command->group);
  }
}

void command_list(Call& call) {
  call.reply.array(command_table().size());
  for (const Command& command : command_table()) call.reply.bulk(command.name);
}

void command_getkeys(Call& call) {
  const Args args = call.args.subspan(std::min<size_t>(2, call.args.size()));
  const Command* command = args.empty() ? nullptr : call.dispatcher.index().find(args[0]);
  if (!command) return call.reply.error("ERR Invalid command specified");
  std::vector<std::string_view> keys;
  for_each_key(*command, args, [&](std::string_view key) { keys.push_back(key); });
  if (keys.empty()) return call.reply.error("ERR The command has no key arguments");
  call.reply.array(keys.size());
  for (const std::string_view key : keys) call.reply.bulk(key);
}

struct Parameter {
  std::string_view name;
  std::string value;
};

std::vector<Parameter> parameters(const Settings& settings) {
  return {{"appendonly", "no"},
          {"databases", "1"},
          {"hash-max-compact-bytes", std::to_string(kCompactBytesMax)},
          {"maxclients", std::to_string(settings.clients_max)},
          {"maxmemory", std::to_string(settings.maxmemory_bytes)},
          {"maxmemory-policy", "noeviction"},
          {"proto-max-bulk-len", std::to_string(kStringBytesMax)},
          {"save", ""},
          {"timeout", std::to_string(settings.idle_timeout_s)}};
}

void config_get(Call& call) {
  std::vector<Parameter> found;
  for (Parameter& parameter : parameters(call.host.settings())) {
    const Args patterns = call.args.subspan(2);
    const bool wanted = std::any_of(patterns.begin(), patterns.end(), [&](std::string_view one) {
      return glob_matches(lower(one), parameter.name);
    });
    if (wanted) found.push_back(std::move(parameter));
  }
  call.reply.map(found.size());
  for (const Parameter& parameter : found) {
    call.reply.bulk(parameter.name);
    call.reply.bulk(parameter.value);
  }
}

}  // namespace

void reply_unknown_subcommand(Call& call) {
  call.reply.error("ERR unknown subcommand '" + std::string(call.args[1].substr(0, 128)) +
                   "'. Try " + std::string(call.command.name) + " HELP.");
}

void cmd_command(Call& call) {
  if (call.args.size() == 1 || is_word(call.args[1], "INFO")) return command_info(call);
  if (is_word(call.args[1], "COUNT")) {
    return call.reply.integer(static_cast<int64_t>(command_table().size()));
  }
  if (is_word(call.args[1], "DOCS")) return command_docs(call);
  if (is_word(call.args[1], "LIST")) return command_list(call);
  if (is_word(call.args[1], "GETKEYS")) return command_getkeys(call);
  reply_unknown_subcommand(call);
}

void cmd_config(Call& call) {
  if (is_word(call.args[1], "GET") && call.args.size() > 2) return config_get(call);
  if (is_word(call.args[1], "RESETSTAT") && call.args.size() == 2) {
    call.host.stats() = Stats();
    return call.reply.ok();
  }
  if (is_word(call.args[1], "SET") || is_word(call.args[1], "REWRITE")) {
    return call.reply.error(
        "ERR CONFIG SET is restricted: parameters are given when the node starts");
  }
  reply_unknown_subcommand(call);
}

void cmd_restricted(Call& call) {
  call.reply.error("ERR command '" + std::string(call.command.name) +
                   "' is restricted: the control plane does this");
}

void cmd_cluster(Call& call) {
  call.reply.error("ERR This instance has cluster support disabled");
}

}  // namespace multiaz::cachenode
