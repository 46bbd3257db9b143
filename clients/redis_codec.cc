#include "clients/redis_codec.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>

#include "base/core/check.h"
#include "base/wire/url.h"

namespace multiaz::clients {

namespace {

Reply convert(const redisReply& from) {
  Reply to;
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      to.kind = Reply::Kind::kInteger;
      to.integer = from.integer;
      break;
    case REDIS_REPLY_STATUS: to.kind = Reply::Kind::kStatus; break;
    case REDIS_REPLY_ERROR: to.kind = Reply::Kind::kError; break;
    case REDIS_REPLY_STRING: to.kind = Reply::Kind::kText; break;
    case REDIS_REPLY_ARRAY:
      to.kind = Reply::Kind::kArray;
      to.items.reserve(from.elements);
      for (size_t i = 0; i < from.elements; ++i) to.items.push_back(convert(*from.element[i]));
      break;
    default: break;
  }
  if (from.str != nullptr) to.text.assign(from.str, from.len);
  return to;
}

struct ErrorWord {
  std::string_view word;
  ErrorClass meaning;
};
constexpr ErrorWord kErrorWords[] = {
    {"READONLY", ErrorClass::kMoved},   {"LOADING", ErrorClass::kMoved},
    {"MASTERDOWN", ErrorClass::kMoved}, {"CLUSTERDOWN", ErrorClass::kMoved},
    {"TRYAGAIN", ErrorClass::kMoved},   {"NOREPLICAS", ErrorClass::kMoved},
    {"MISCONF", ErrorClass::kMoved},    {"BUSY", ErrorClass::kMoved},
    {"NOTPRIMARY", ErrorClass::kMoved}, {"UNAVAILABLE", ErrorClass::kMoved},
    {"INDOUBT", ErrorClass::kInDoubt},  {"UNBLOCKED", ErrorClass::kInDoubt},
};

Result<uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (code != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535) {
    return Error(Code::kInvalid, "cache URL: the port is not a number from 1 to 65535");
  }
  return static_cast<uint16_t>(port);
}

Status parse_credentials(std::string_view text, CacheUrl& url) {
  const size_t colon = text.find(':');
  // "redis://secret@host" without a colon names a user; ":secret@" is the password alone.
  const auto user = wire::percent_decode(text.substr(0, colon));
  if (!user) return Error(Code::kInvalid, "cache URL: broken percent-coding in the user");
  url.user = *user;
  if (colon == std::string_view::npos) return Status();
  const auto password = wire::percent_decode(text.substr(colon + 1));
  if (!password) return Error(Code::kInvalid, "cache URL: broken percent-coding in the password");
  url.password = *password;
  return Status();
}

Status parse_query(std::string_view text, CacheUrl& url) {
  constexpr std::string_view kAuthorities = "ssl_ca_certs=";
  const auto file = wire::percent_decode(text.substr(std::min(text.size(), kAuthorities.size())));
  if (!url.tls || !text.starts_with(kAuthorities) || !file || file->empty()) {
    return Error(Code::kInvalid,
                 "cache URL: ssl_ca_certs=FILE of a rediss:// URL is all that may follow the '?'");
  }
  url.ca_file = *file;
  return Status();
}

}  // namespace

std::string encode_commands(const Commands& commands) {
  std::string out;
  std::vector<const char*> words;
  std::vector<size_t> sizes;
  for (const Command& command : commands) {
    words.clear();
    sizes.clear();
    for (const std::string& word : command) {
      words.push_back(word.data());
      sizes.push_back(word.size());
    }
    char* bytes = nullptr;
    const int size =
        redisFormatCommandArgv(&bytes, static_cast<int>(words.size()), words.data(), sizes.data());
    CHECK_NOTE(size > 0, "hiredis could not format a command");
    out.append(bytes, static_cast<size_t>(size));
    redisFreeCommand(bytes);
  }
  return out;
}

ReplyReader::ReplyReader() : reader_(redisReaderCreate()) {
  CHECK(reader_ != nullptr);
}

ReplyReader::~ReplyReader() {
  redisReaderFree(reader_);
}

void ReplyReader::feed(std::string_view bytes) {
  redisReaderFeed(reader_, bytes.data(), bytes.size());  // a failure shows in next()
}

Result<std::optional<Reply>> ReplyReader::next() {
  void* raw = nullptr;
  if (redisReaderGetReply(reader_, &raw) != REDIS_OK) {
    return Error(Code::kCorrupt, std::string("malformed reply of the cache: ") + reader_->errstr);
  }
  if (raw == nullptr) return std::optional<Reply>();
  auto* reply = static_cast<redisReply*>(raw);
  std::optional<Reply> out(convert(*reply));
  freeReplyObject(reply);
  return out;
}

ErrorClass classify_error(std::string_view text) {
  constexpr std::string_view kDiscarded = "EXECABORT Transaction discarded because of: ";
  if (text.starts_with(kDiscarded)) text.remove_prefix(kDiscarded.size());
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::string_view word = text.substr(0, text.find(' '));
  for (const ErrorWord& known : kErrorWords) {
    if (known.word == word) return known.meaning;
  }
  return ErrorClass::kFinal;
}

Result<CacheUrl> parse_cache_url(std::string_view text) {
  constexpr std::string_view kScheme = "redis://", kTlsScheme = "rediss://";
  CacheUrl url;
  url.tls = text.starts_with(kTlsScheme);
  if (!url.tls && !text.starts_with(kScheme)) {
    return Error(
        Code::kInvalid,
        "cache URL: must be redis://[user:password@]host[:port][/db], or rediss://... (TLS)");
  }
  text.remove_prefix(url.tls ? kTlsScheme.size() : kScheme.size());
  const size_t question = text.find('?');
  if (question != std::string_view::npos) {
    const Status read = parse_query(text.substr(question + 1), url);
    if (!read) return read.error();
    text = text.substr(0, question);
  }
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, code] =
        std::from_chars(digits.data(), digits.data() + digits.size(), url.database);
    const bool whole = end == digits.data() + digits.size();
    if (!digits.empty() && (code != std::errc() || !whole || url.database < 0)) {
      return Error(Code::kInvalid, "cache URL: the path after the host must be a database number");
    }
    text = text.substr(0, slash);
  }
  const size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    const Status credentials = parse_credentials(text.substr(0, at), url);
    if (!credentials) return credentials.error();
    text.remove_prefix(at + 1);
  }
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return port.error();
    url.port = *port;
    text = text.substr(0, colon);
  }
  if (text.empty()) return Error(Code::kInvalid, "cache URL: the host is missing");
  url.host = text;
  return url;
}

}  // namespace multiaz::clients
