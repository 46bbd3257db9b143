// What a lenient parser has read although RFC 9112 does not allow it. A proxy that writes each
// message anew can take what has one meaning only, and decides by these what may follow on the
// connection.
#pragma once

#include <cstdint>

namespace multiaz::wire::http {

enum class Reading {
  kStrict,   // what two programs could read differently is an error
  kLenient,  // what has one safe meaning is read so, and noted as an Oddity
};

enum class Oddity : uint8_t {
  kBareLf,           // a line of the head ends in LF alone
  kLeadingLines,     // more than one empty line before the first
  kControlBytes,     // in the value of a header
  kControlInTarget,  // percent-encoded now
  kSpaceInTarget,    // percent-encoded now
  kVersion,          // HTTP/1.2 and later, read as HTTP/1.1
  kDroppedHeader,    // its name was empty, or no token ("Content-Length :"), so it was left out
  kEqualLengths,     // several Content-Length of the same value
  kLengthAndChunks,  // both Content-Length, which was left out, and Transfer-Encoding
  kOldChunks,        // chunks in a response of HTTP/1.0
  kIdentity,         // the coding "identity", which RFC 7230 removed
};

class Oddities {
 public:
  void add(Oddity oddity) { bits_ = static_cast<uint16_t>(bits_ | bit(oddity)); }
  void add(Oddities others) { bits_ = static_cast<uint16_t>(bits_ | others.bits_); }
  [[nodiscard]] bool has(Oddity oddity) const { return (bits_ & bit(oddity)) != 0; }
  [[nodiscard]] bool none() const { return bits_ == 0; }
  bool operator==(const Oddities&) const = default;

 private:
  static constexpr uint16_t bit(Oddity oddity) {
    return static_cast<uint16_t>(1U << static_cast<unsigned>(oddity));
  }
  uint16_t bits_ = 0;
};

}  // namespace multiaz::wire::http
