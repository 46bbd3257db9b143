// RESP, the protocol of Redis and Valkey, server side: commands in, replies out (versions 2 and 3).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace multiaz::wire::resp {

constexpr size_t kArgsMax = 1024 * 1024;
constexpr size_t kBulkBytesMax = 64 * 1024 * 1024;
constexpr size_t kCommandBytesMax = 128 * 1024 * 1024;
constexpr size_t kInlineBytesMax = 64 * 1024;

struct Limits {
  size_t args = kArgsMax;
  size_t bulk_bytes = kBulkBytesMax;
  size_t command_bytes = kCommandBytesMax;
};
// What a client may send before it has authenticated; the bounds are Redis's.
constexpr Limits kUnauthenticatedLimits{10, 16 * 1024, 256 * 1024};

struct NeedMore {
  size_t bytes_min = 1;  // at least so many more bytes are needed
};
struct Command {
  // Views into the decoded buffer (or into the decoder, for inline commands), valid until the next
  // decode() or until the buffer changes. An empty list needs no answer (an empty line, "*0").
  std::span<const std::string_view> args;
  size_t consumed = 0;
};
struct ProtocolError {
  std::string text;  // "ERR Protocol error: invalid bulk length": send it as an error and close
};

// Decodes one command after the other from a growing buffer. Each call gets the whole unconsumed
// buffer from the start of the command; the decoder remembers how far it got, so a big command is
// not scanned again. The buffer may move between calls, but its bytes may not change.
class CommandDecoder {
 public:
  using Decoded = std::variant<NeedMore, Command, ProtocolError>;
  explicit CommandDecoder(Limits limits = {}) : limits_(limits) {}
  void set_limits(Limits limits) { limits_ = limits; }
  // After NeedMore, call again with more bytes. After Command, consume it and call for the next
  // one. After ProtocolError, the connection cannot go on.
  Decoded decode(std::string_view in);

 private:
  Decoded decode_inline(std::string_view in);
  Decoded decode_multibulk(std::string_view in);
  // One "$N" header and its bytes.
  std::variant<std::monostate, NeedMore, ProtocolError> take_bulk(std::string_view in);
  Decoded finish(std::string_view in);

  Limits limits_;
  size_t at_ = 0;                                 // everything before this offset is decoded
  size_t searched_ = 0;                           // no line end before this offset
  int64_t args_left_ = -1;                        // -1: the "*N" line has not been read
  int64_t bulk_bytes_ = -1;                       // -1: the "$N" line has not been read
  std::vector<std::pair<size_t, size_t>> found_;  // offset and length of each argument
  std::vector<std::string_view> args_;
  std::vector<std::string> inline_args_;
};

// Appends replies to a string. What version 2 lacks is written as Redis does: maps and sets as
// arrays, doubles and big numbers as bulk strings, booleans as 1 and 0.
class ReplyWriter {
 public:
  // REQUIRES: version is 2 or 3.
  ReplyWriter(std::string& out, int version) : out_(out), version_(version) {}
  // Bounds this writer and its copies from now on: what would make `out` longer than `bytes_max` is
  // left out, and `exceeded` is set. The reply in `out` is then incomplete. REQUIRES: `exceeded`
  // outlives the writer and its copies.
  void bound(size_t bytes_max, bool& exceeded);
  // A writer that continues the same reply in another version.
  [[nodiscard]] ReplyWriter in_version(int version) const;
  void simple(std::string_view text);  // "+OK"; line ends become spaces
  void ok() { simple("OK"); }
  // The text begins with the error's class ("ERR ...", "WRONGTYPE ..."); line ends become spaces.
  void error(std::string_view text);
  void integer(int64_t value);
  void bulk(std::string_view bytes);
  void bulk_integer(int64_t value);  // the number as a bulk string
  void null();                       // writes $-1 or _
  void null_array();                 // writes *-1 or _
  void array(size_t items);
  void map(size_t pairs);
  void set(size_t items);
  void push(size_t items);  // opens out-of-band data
  void number(double value);
  void boolean(bool value);
  void big_number(std::string_view digits);
  void verbatim(std::string_view text);  // text with the format txt
  [[nodiscard]] int version() const { return version_; }

 private:
  void header(char type, uint64_t value);
  bool fits(size_t bytes);
  std::string& out_;
  int version_;
  size_t bytes_max_ = SIZE_MAX;
  bool* exceeded_ = nullptr;
};

}  // namespace multiaz::wire::resp
