// hiredis as a pure codec: commands to bytes, bytes to replies. No socket of hiredis is used, so
// that cache connections go through base/rt and its fabric like all others.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "clients/reply.h"

struct redisReader;

namespace multiaz::clients {

// Appends the bytes of all commands, back to back.
std::string encode_commands(const Commands& commands);

class ReplyReader {
 public:
  ReplyReader();
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  void feed(std::string_view bytes);
  // The next whole reply; nullopt when more bytes are needed; kCorrupt for bytes that are not RESP.
  Result<std::optional<Reply>> next();

 private:
  redisReader* reader_;
};

// How to read an error reply. The first word of Redis, Valkey and cachenode says when the node
// cannot serve now; the command is then worth a new connection.
enum class ErrorClass {
  kFinal,    // the command itself is wrong
  kMoved,    // not executed here and now: another node will
  kInDoubt,  // may have been executed
};
ErrorClass classify_error(std::string_view text);

// The parts of "redis://[user][:password@]host[:port][/db]". "rediss://" stands for TLS, and
// "?ssl_ca_certs=FILE" behind it for the authorities that are trusted, as in redis-py.
struct CacheUrl {
  std::string host, user, password;
  uint16_t port = 6379;
  bool tls = false;
  std::string ca_file;
  int database = 0;
};
// kInvalid says what is wrong without showing the password.
Result<CacheUrl> parse_cache_url(std::string_view text);

}  // namespace multiaz::clients
