#include "base/wire/dns.h"

#include "base/wire/bytes.h"
#include "base/wire/dns_name.h"

namespace multiaz::wire::dns {
namespace {

constexpr size_t kHeaderBytes = 12;

// Flags of the second header word.
constexpr uint16_t kQr = 0x8000, kAa = 0x0400, kTc = 0x0200, kRd = 0x0100, kRa = 0x0080,
                   kAd = 0x0020, kCd = 0x0010;

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes), in_(bytes) {}

  Result<Message> message() {
    Message out;
    out.id = in_.u16();
    read_flags(in_.u16(), out);
    const size_t questions = in_.u16();
    const size_t answers = in_.u16();
    const size_t authority = in_.u16();
    const size_t additional = in_.u16();
    if (questions + answers + authority + additional > kRecordsMax)
      return Error(Code::kLimit, "DNS message has too many records");
    for (size_t i = 0; i < questions && in_.ok(); ++i) out.questions.push_back(question());
    for (size_t i = 0; i < answers && in_.ok(); ++i) record(out.answers, out);
    for (size_t i = 0; i < authority && in_.ok(); ++i) record(out.authority, out);
    may_have_edns_ = true;
    for (size_t i = 0; i < additional && in_.ok(); ++i) record(out.additional, out);
    if (!in_.done()) return Error(Code::kInvalid, "malformed DNS message");
    return out;
  }

 private:
  static void read_flags(uint16_t flags, Message& out) {
    out.response = (flags & kQr) != 0;
    out.opcode = flags >> 11 & 15;
    out.authoritative = (flags & kAa) != 0;
    out.truncated = (flags & kTc) != 0;
    out.recursion_desired = (flags & kRd) != 0;
    out.recursion_available = (flags & kRa) != 0;
    out.authentic_data = (flags & kAd) != 0;
    out.checking_disabled = (flags & kCd) != 0;
    out.rcode = flags & 15;
  }

  std::string name() { return read_name(bytes_, in_); }

  Question question() {
    Question out;
    out.name = name();
    out.type = in_.u16();
    out.klass = in_.u16();
    return out;
  }

  void record(std::vector<Record>& section, Message& message) {
    Record out;
    out.name = name();
    out.type = in_.u16();
    out.klass = in_.u16();
    out.ttl_s = in_.u32();
    const size_t length = in_.u16();
    const size_t end = in_.at() + length;
    if (length > in_.left()) return in_.fail();
    if (out.type == kOpt) return edns(out, length, message);
    out.data = data(out.type, length);
    if (in_.at() != end) return in_.fail();
    section.push_back(std::move(out));
  }

  Data data(uint16_t type, size_t length) {
    switch (type) {
      case kA: return address<A>();
      case kAaaa: return address<Aaaa>();
      case kCname: return Cname{name()};
      case kNs: return Ns{name()};
      case kSoa: return soa();
      case kTxt: return txt(length);
      default: return Raw{std::string(in_.take(length))};
    }
  }

  template <typename Address>
  Address address() {
    Address out;
    for (auto& byte : out.address) byte = in_.u8();
    return out;
  }

  Soa soa() {
    Soa out;
    out.primary = name();
    out.mailbox = name();
    for (auto* number : {&out.serial, &out.refresh_s, &out.retry_s, &out.expire_s, &out.minimum_s})
      *number = in_.u32();
    return out;
  }

  Txt txt(size_t length) {
    Txt out;
    const size_t end = in_.at() + length;
    while (in_.ok() && in_.at() < end) out.strings.emplace_back(in_.take(in_.u8()));
    if (out.strings.empty()) in_.fail();
    return out;
  }

  // RFC 6891: class and TTL of the OPT record hold the size, the upper bits of the rcode, the
  // version and DO.
  void edns(const Record& opt, size_t length, Message& message) {
    if (!may_have_edns_ || message.edns || !opt.name.empty()) return in_.fail();
    Edns out;
    out.udp_bytes = opt.klass;
    message.rcode = static_cast<uint16_t>(message.rcode | (opt.ttl_s >> 24) << 4);
    out.version = static_cast<uint8_t>(opt.ttl_s >> 16);
    out.dnssec_ok = (opt.ttl_s & 0x8000) != 0;
    const size_t end = in_.at() + length;
    while (in_.ok() && in_.at() < end) {
      EdnsOption option;
      option.code = in_.u16();
      option.bytes = in_.take(in_.u16());
      out.options.push_back(std::move(option));
    }
    if (in_.at() != end) return in_.fail();
    message.edns = std::move(out);
  }

  std::string_view bytes_;
  ByteReader in_;
  bool may_have_edns_ = false;
};

}  // namespace

Result<Message> decode(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || bytes.size() > kMessageBytesMax)
    return Error(Code::kInvalid, "DNS message of " + std::to_string(bytes.size()) + " bytes");
  return Decoder(bytes).message();
}

std::optional<uint16_t> peek_id(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return std::nullopt;
  return static_cast<uint16_t>(get_big(bytes, 0, 2));
}

Message make_response(const Message& query, Rcode rcode) {
  Message out;
  out.id = query.id;
  out.response = true;
  out.opcode = query.opcode;
  out.recursion_desired = query.recursion_desired;
  out.checking_disabled = query.checking_disabled;
  out.rcode = static_cast<uint16_t>(rcode);
  out.questions = query.questions;
  if (query.edns) {
    out.edns = Edns();
    out.edns->dnssec_ok = query.edns->dnssec_ok;
  }
  return out;
}

}  // namespace multiaz::wire::dns
