// HTTP/1.0 and 1.1 message heads as values, and how they are written. Parsing: http_parser.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/wire/http_oddity.h"

namespace multiaz::wire::http {

// The limits of an Application Load Balancer; exceeding one is an error of the parser.
constexpr size_t kRequestLineBytesMax = 16 * 1024;
constexpr size_t kHeaderLineBytesMax = 16 * 1024;
constexpr size_t kRequestHeadBytesMax = 64 * 1024;
constexpr size_t kResponseHeadBytesMax = 32 * 1024;
constexpr size_t kHeaderCountMax = 512;

struct Header {
  std::string name;
  std::string value;
  bool operator==(const Header&) const = default;
};

// An ordered list of headers; names compare without regard to case and keep their spelling.
class Headers {
 public:
  // The value of the first header of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] bool contains(std::string_view name) const { return find(name).has_value(); }
  [[nodiscard]] size_t count(std::string_view name) const;
  // Whether a comma separated list (Connection, Expect, ...) holds the token, in any header of
  // that name and whatever the case.
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const;
  void add(std::string_view name, std::string_view value);
  void add_first(std::string_view name, std::string_view value);
  // Replaces every header of that name by one, at the place of the first.
  void set(std::string_view name, std::string_view value);
  // Returns how many were removed.
  size_t remove(std::string_view name);
  void clear() { all_.clear(); }
  [[nodiscard]] size_t size() const { return all_.size(); }
  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] auto begin() const { return all_.begin(); }
  [[nodiscard]] auto end() const { return all_.end(); }
  bool operator==(const Headers&) const = default;

 private:
  std::vector<Header> all_;
};

enum class BodyKind {
  kNone,        // no body follows, whatever the headers say (GET, answers to HEAD, 1xx, 204, 304)
  kLength,      // exactly content_length bytes
  kChunked,     // chunks up to the empty one
  kUntilClose,  // responses only: up to the end of the connection
};

struct RequestHead {
  std::string method = "GET";
  std::string target = "/";  // as on the wire: path and query, percent-encoded
  int version_minor = 1;     // HTTP/1.0 or HTTP/1.1
  Headers headers;
  bool keep_alive = true;
  BodyKind body = BodyKind::kNone;
  uint64_t content_length = 0;  // for kLength
  bool upgrade = false;  // asks for another protocol (Upgrade and Connection agree), or CONNECT
  Oddities oddities;     // of the head alone
};

struct ResponseHead {
  int status = 200;
  std::string reason;  // when empty, the writer takes status_text(status)
  int version_minor = 1;
  Headers headers;
  bool keep_alive = true;
  bool to_old_client = false;  // a client of HTTP/1.0 must be told that its connection stays
  BodyKind body = BodyKind::kLength;
  uint64_t content_length = 0;
  bool upgrade = false;  // 101: the bytes after the head belong to the new protocol
  Oddities oddities;     // of the head alone
};

// Appends the head with its empty line. The writers alone decide these headers:
// - Content-Length and Transfer-Encoding come from `body` and `content_length`; those in `headers`
// are left out, but a response with kNone keeps its Content-Length (the length that GET would have)
// unless the status forbids one;
// - Connection comes from `keep_alive` (it says close after kUntilClose, and keep-alive to a client
// of HTTP/1.0), except that with `upgrade` it is written as it stands.
// Bytes that would end a line (CR, LF, NUL) are written as spaces, so no header can be smuggled in.
// REQUIRES: method and header names are tokens.
void write_request_head(const RequestHead& head, std::string& out);
void write_response_head(const ResponseHead& head, std::string& out);

// Chunked framing. A body streams as size line, data, kChunkEnd; kLastChunk ends it.
constexpr std::string_view kChunkEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
// Appends the size line ("1a2\r\n"). REQUIRES: bytes > 0 (an empty chunk would end the body).
void write_chunk_size(size_t bytes, std::string& out);
// Appends a whole chunk; nothing for empty data.
void write_chunk(std::string_view data, std::string& out);

// "Not Found"; "Unknown" for numbers without a name. Includes the load balancer's own 460, 463,
// 464, 561.
std::string_view status_text(int status);

// For proxies: removes headers that concern one connection only (RFC 9110 7.6.1): Connection and
// the headers it names, Keep-Alive, Proxy-Connection, TE, Trailer, Upgrade, Transfer-Encoding.
// Headers that are known to be for the other end (Host, Cookie, Content-Type, X-Forwarded-For, ...)
// stay even when Connection names them.
void remove_hop_by_hop(Headers& headers);

// Equal without regard to ASCII case.
bool same_text(std::string_view a, std::string_view b);
// Whether the text is a token of RFC 9110, as a method or a header name must be.
bool is_token(std::string_view text);
// The text without leading and trailing spaces and tabs.
std::string_view trimmed(std::string_view text);

}  // namespace multiaz::wire::http
