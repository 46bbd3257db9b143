// DNS messages (RFC 1035, EDNS0 of RFC 6891) as values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/core/result.h"

namespace multiaz::wire::dns {

constexpr size_t kUdpBytesMax = 512;        // bound on an answer to a client without EDNS
constexpr size_t kEdnsUdpBytesMax = 1232;   // the size that we announce and fill (no IP fragments)
constexpr size_t kMessageBytesMax = 65535;  // over TCP, behind a 16-bit length
constexpr size_t kRecordsMax = 1024;        // in all sections together
constexpr size_t kNameBytesMax = 255;       // on the wire

// Names are text without the final dot ("shop.multiaz.test"; the root is ""). A dot or backslash
// inside a label is "\." or "\\", and other unusual bytes are "\DDD" (RFC 1035 5.1). The case is
// kept.
bool same_name(std::string_view a, std::string_view b);  // without regard to ASCII case
// Whether `name` is `zone` or below it.
bool is_below(std::string_view name, std::string_view zone);

enum Type : uint16_t {  // as numbers, so that unknown types pass through
  kA = 1,
  kNs = 2,
  kCname = 5,
  kSoa = 6,
  kTxt = 16,
  kAaaa = 28,
  kOpt = 41,
  kAny = 255,
};
constexpr uint16_t kClassIn = 1;

enum class Rcode : uint16_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kBadVers = 16,
};

struct A {
  std::array<uint8_t, 4> address{};
  bool operator==(const A&) const = default;
};
struct Aaaa {
  std::array<uint8_t, 16> address{};
  bool operator==(const Aaaa&) const = default;
};
struct Cname {
  std::string target;
  bool operator==(const Cname&) const = default;
};
struct Ns {
  std::string host;
  bool operator==(const Ns&) const = default;
};
struct Soa {
  std::string primary, mailbox;
  uint32_t serial = 0, refresh_s = 0, retry_s = 0, expire_s = 0, minimum_s = 0;
  bool operator==(const Soa&) const = default;
};
struct Txt {
  std::vector<std::string> strings;  // at least one, each up to 255 bytes
  bool operator==(const Txt&) const = default;
};
struct Raw {  // Data of any other type, not decoded.
  std::string bytes;
  bool operator==(const Raw&) const = default;
};
using Data = std::variant<A, Aaaa, Cname, Ns, Soa, Txt, Raw>;

struct Record {
  std::string name;
  uint16_t type = kA;  // agrees with `data`
  uint16_t klass = kClassIn;
  uint32_t ttl_s = 0;
  Data data;
  bool operator==(const Record&) const = default;
};
struct Question {
  std::string name;
  uint16_t type = kA;
  uint16_t klass = kClassIn;
  bool operator==(const Question&) const = default;
};
struct EdnsOption {
  uint16_t code = 0;
  std::string bytes;
  bool operator==(const EdnsOption&) const = default;
};
// The OPT record, of which a message has at most one.
struct Edns {
  uint16_t udp_bytes = kEdnsUdpBytesMax;
  uint8_t version = 0;
  bool dnssec_ok = false;
  std::vector<EdnsOption> options;
  bool operator==(const Edns&) const = default;
};

struct Message {
  uint16_t id = 0;
  bool response = false;
  uint8_t opcode = 0;  // 0: query
  bool authoritative = false, truncated = false;
  bool recursion_desired = false, recursion_available = false;
  bool authentic_data = false, checking_disabled = false;
  uint16_t rcode = 0;  // all 12 bits with EDNS, else 4
  std::vector<Question> questions;
  std::vector<Record> answers, authority, additional;
  std::optional<Edns> edns;
  bool operator==(const Message&) const = default;
};

// Reads a whole message. kInvalid: malformed (the answer is FORMERR when the id can be read, see
// peek_id); kLimit: too many records. Compression pointers must point backwards, so there are no
// loops.
Result<Message> decode(std::string_view bytes);
std::optional<uint16_t> peek_id(std::string_view bytes);

// Writes at most bytes_max bytes, with name compression. When they do not suffice, records are left
// out from the end, and TC is set if answers or authority are incomplete. OPT always fits.
// kInvalid: a name, string or rcode that the format cannot hold.
Result<std::string> encode(const Message& message, size_t bytes_max = kMessageBytesMax);

// The frame of an answer: id, opcode, question and RD of the query, with QR set, and with EDNS if
// the query had it.
Message make_response(const Message& query, Rcode rcode = Rcode::kNoError);

}  // namespace multiaz::wire::dns
