// Call: one command that is being executed, and what command functions share: lookups, reading of
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
  Lsn need;  // for EXEC: the highest uncommitted lsn that its commands depend on

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

// Command and option names match in any case. `word` is in capitals.
bool is_word(std::string_view text, std::string_view word);
std::string lower(std::string_view text);

// Whole decimal numbers as Redis reads them: no sign but '-', no leading zeros, no spaces.
std::optional<int64_t> parse_integer(std::string_view text);
std::optional<long double> parse_float(std::string_view text);
std::string format_float(long double value);

// Each of the following replies with the error and gives false or nullopt when the argument or the
// key does not fit; the command then just returns.
std::optional<int64_t> integer_arg(Call& call, std::string_view text);
std::optional<long double> float_arg(Call& call, std::string_view text);
bool find_text(Call& call, std::string_view key, const std::string*& text);  // null when absent
bool find_hash(Call& call, std::string_view key, const HashValue*& hash);    // null when absent
bool wrong_arity(Call& call);  // sends the error reply; always false

// A time to live as absolute milliseconds. `unit_ms` is 1 or 1000; a relative time counts from now.
// Without `any_sign`, zero and negative times are refused as "invalid expire time in 'set'
// command".
std::optional<int64_t> expiry_arg(Call& call, std::string_view text, int64_t unit_ms, bool relative,
                                  bool any_sign = false);

// Matches Redis's patterns, such as "h?llo*": * ? [a-c] [^a] and backslash.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace multiaz::cachenode
