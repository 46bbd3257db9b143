// Commands about the connection itself: HELLO, AUTH, PING and the like.
#include <optional>

#include "cachenode/commands/families.h"
#include "cachenode/commands/version.h"

namespace multiaz::cachenode {

namespace {

// Compares in a time that does not depend on where the first difference is.
bool same_secret(std::string_view given, std::string_view secret) {
  uint8_t difference = given.size() != secret.size();
  for (size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<uint8_t>(given[i] ^ (secret.empty() ? 0 : secret[i % secret.size()]));
  }
  return difference == 0;
}

bool log_in(Call& call, std::string_view user, std::string_view password) {
  const std::string& secret = call.host.settings().password;
  // redis-cli sends the empty name of redis://:PASSWORD@... unchanged.
  if ((user.empty() || user == "default") && (secret.empty() || same_secret(password, secret))) {
    call.client.authenticated = true;
    return true;
  }
  call.host.auth_failed(call.client);
  call.reply.error(errors::kWrongPass);
  return false;
}

bool valid_name(std::string_view name) {
  for (const char c : name) {
    if (c < '!' || c > '~') return false;
  }
  return true;
}

struct Greeting {
  int version = 0;
  bool log_in = false;
  std::string_view user, password;
  std::optional<std::string_view> name;
};

// HELLO [version [AUTH user password] [SETNAME name]]
bool read_greeting(Call& call, Greeting& greeting) {
  greeting.version = call.client.resp;
  if (call.args.size() > 1) {
    const auto version = parse_integer(call.args[1]);
    if (!version) {
      call.reply.error("ERR Protocol version is not an integer or out of range");
      return false;
    }
    if (*version != 2 && *version != 3) {
      call.reply.error("NOPROTO unsupported protocol version");
      return false;
    }
    greeting.version = static_cast<int>(*version);
  }
  for (size_t at = 2; at < call.args.size(); ++at) {
    const size_t left = call.args.size() - at - 1;
    if (is_word(call.args[at], "AUTH") && left >= 2) {
      greeting.log_in = true;
      greeting.user = call.args[++at];
      greeting.password = call.args[++at];
    } else if (is_word(call.args[at], "SETNAME") && left >= 1) {
      greeting.name = call.args[++at];
    } else {
      call.reply.error("ERR Syntax error in HELLO option '" + std::string(call.args[at]) + "'");
      return false;
    }
  }
  return true;
}

void greet(Call& call) {
  wire::resp::ReplyWriter reply(call.out, call.client.resp);
  const bool primary = call.host.group().is_primary();
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(kRedisVersion);
  reply.bulk("proto");
  reply.integer(call.client.resp);
  reply.bulk("id");
  reply.integer(static_cast<int64_t>(call.client.id));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk(primary ? "master" : "replica");
  reply.bulk("modules");
  reply.array(0);
}

}  // namespace

bool set_client_name(Call& call, std::string_view name) {
  if (valid_name(name)) {
    call.client.name = std::string(name);
    return true;
  }
  call.reply.error("ERR Client names cannot contain spaces, newlines or special characters.");
  return false;
}

void cmd_ping(Call& call) {
  if (call.args.size() > 2) return (void)wrong_arity(call);
  if (call.args.size() == 2)
    call.reply.bulk(call.args[1]);
  else
    call.reply.simple("PONG");
}

void cmd_echo(Call& call) {
  call.reply.bulk(call.args[1]);
}

void cmd_auth(Call& call) {
  if (call.args.size() > 3) return call.reply.error(errors::kSyntax);
  if (call.args.size() == 2 && call.host.settings().password.empty()) {
    return call.reply.error(
        "ERR AUTH <password> called without any password configured for the default user. Are "
        "you sure your configuration is correct?");
  }
  const bool named = call.args.size() == 3;
  if (log_in(call, named ? call.args[1] : "default", call.args.back())) call.reply.ok();
}

void cmd_hello(Call& call) {
  Greeting greeting;
  if (!read_greeting(call, greeting)) return;
  if (greeting.log_in && !log_in(call, greeting.user, greeting.password)) return;
  if (!call.client.authenticated) {
    return call.reply.error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
  }
  if (greeting.name && !set_client_name(call, *greeting.name)) return;
  call.client.resp = greeting.version;
  greet(call);
}

void cmd_quit(Call& call) {
  call.client.close_after_reply = true;
  call.reply.ok();
}

void cmd_select(Call& call) {
  const auto number = integer_arg(call, call.args[1]);
  if (!number) return;
  if (*number == 0)
    call.reply.ok();
  else
    call.reply.error("ERR DB index is out of range");
}

void cmd_time(Call& call) {
  const int64_t now_ms = call.db.now_ms();
  call.reply.array(2);
  call.reply.bulk_integer(now_ms / 1000);
  call.reply.bulk_integer(now_ms % 1000 * 1000);
}

}  // namespace multiaz::cachenode
