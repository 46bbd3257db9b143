// Call: one command being executed, and what command functions share: looking up, reading
// arguments, and the error texts that clients know from Redis.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/wire/resp.h"
#include "cachenode/commands/client.h"
#include "cachenode/commands/host.h"
#include "cachenode/commands/table.h"
#include "cachenode/commands/watches.h"
#include "cachenode/keyspace/database.h"

namespace multiaz::cachenode {

using Args = std::span<const std::string_view>;

class Dispatcher;

struct Call {
  Dispatcher& dispatcher;
  Database& db;
  Client& client;
  Host& host;
  const Permissions& permissions;
  const Command& command;
  Args args;         // args[0] is the command's name as it was sent
  std::string& out;  // replies are appended here
  wire::resp::ReplyWriter reply;
  bool in_exec = false;
  Lsn need;  // EXEC: highest uncommitted lsn that its commands depend on

  std::string_view key() const { return args[1]; }
};

namespace errors {
constexpr std::string_view kSyntax = "ERR syntax error";
constexpr std::string_view kNotInteger = "ERR value is not an integer or out of range";
constexpr std::string_view kNotFloat = "ERR value is not a valid float";
constexpr std::string_view kOverflow = "ERR increment or decrement would overflow";
constexpr std::string_view kNanOrInfinity = "ERR increment would produce NaN or Infinity";
constexpr std::string_view kNoSuchKey = "ERR no such key";
constexpr std::string_view kTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
constexpr std::string_view kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
constexpr std::string_view kNoAuth = "NOAUTH Authentication required.";
constexpr std::string_view kWrongPass =
    "WRONGPASS invalid username-password pair or user is disabled.";
constexpr std::string_view kOutOfMemory = "OOM command not allowed when used memory > 'maxmemory'.";
constexpr std::string_view kReadOnly = "READONLY You can't write against a read only replica.";
}  // namespace errors

constexpr size_t kStringBytesMax = 32u << 20;  // proto-max-bulk-len

// Case does not matter in command and option names. `word` is in capitals.
bool is_word(std::string_view text, std::string_view word);
std::string lower(std::string_view text);

// Whole decimal numbers as Redis takes them: no sign but '-', no leading zeros, no spaces.
std::optional<int64_t> parse_integer(std::string_view text);
std::optional<long double> parse_float(std::string_view text);
std::string format_float(long double value);

// What follows replies with the error and gives false or nothing when the argument or the key
// does not fit; the command just returns then.
std::optional<int64_t> integer_arg(Call& call, std::string_view text);
std::optional<long double> float_arg(Call& call, std::string_view text);
bool find_text(Call& call, std::string_view key, const std::string*& text);  // null = absent
bool find_hash(Call& call, std::string_view key, const HashValue*& hash);    // null = absent
bool wrong_arity(Call& call);  // replies; always false

// A time to live as absolute milliseconds. `unit_ms` is 1 or 1000; relative counts from now.
// Without `any_sign`, zero and less is refused as "invalid expire time in 'set' command".
std::optional<int64_t> expiry_arg(Call& call, std::string_view text, int64_t unit_ms, bool relative,
                                  bool any_sign = false);

// "h?llo*": Redis's patterns: * ? [a-c] [^a] and backslash.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace multiaz::cachenode
