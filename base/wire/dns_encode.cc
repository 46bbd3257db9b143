#include <variant>

#include "base/wire/bytes.h"
#include "base/wire/dns.h"
#include "base/wire/dns_name.h"

namespace multiaz::wire::dns {
namespace {

constexpr size_t kHeaderBytes = 12;
constexpr uint16_t kTc = 0x0200;

uint16_t flags_of(const Message& message) {
  const auto bit = [](bool set, int at) { return static_cast<unsigned>(set) << at; };
  return static_cast<uint16_t>(
      bit(message.response, 15) | (message.opcode & 15U) << 11 | bit(message.authoritative, 10) |
      bit(message.truncated, 9) | bit(message.recursion_desired, 8) |
      bit(message.recursion_available, 7) | bit(message.authentic_data, 5) |
      bit(message.checking_disabled, 4) | (message.rcode & 15U));
}

class Encoder {
 public:
  Encoder(size_t bytes_max, size_t reserved) : bytes_max_(bytes_max - reserved) {
    out_.assign(kHeaderBytes, '\0');
  }

  // False when the name cannot be written or does not fit.
  bool question(const Question& question) {
    if (!names_.write(question.name, out_)) return false;
    put_big(question.type, 2, out_);
    put_big(question.klass, 2, out_);
    return out_.size() <= bytes_max_;
  }

  enum class Outcome { kWritten, kNoRoom, kInvalid };
  Outcome record(const Record& record) {
    const size_t start = out_.size();
    if (!names_.write(record.name, out_)) return Outcome::kInvalid;
    put_big(record.type, 2, out_);
    put_big(record.klass, 2, out_);
    put_big(record.ttl_s, 4, out_);
    const size_t length_at = out_.size();
    put_big(0, 2, out_);
    const bool valid =
        std::visit([&](const auto& data) { return write(data, record.type); }, record.data);
    const size_t length = out_.size() - length_at - 2;
    if (!valid || length > 0xffff) return Outcome::kInvalid;
    set_big(length, 2, length_at, out_);
    if (out_.size() <= bytes_max_) return Outcome::kWritten;
    out_.resize(start);
    names_.forget_from(start);
    return Outcome::kNoRoom;
  }

  void edns(const Edns& edns, uint16_t rcode) {
    out_ += '\0';
    put_big(kOpt, 2, out_);
    put_big(edns.udp_bytes, 2, out_);
    put_big(rcode >> 4, 1, out_);
    put_big(edns.version, 1, out_);
    put_big(edns.dnssec_ok ? 0x8000 : 0, 2, out_);
    const size_t length_at = out_.size();
    put_big(0, 2, out_);
    for (const auto& option : edns.options) {
      put_big(option.code, 2, out_);
      put_big(option.bytes.size(), 2, out_);
      out_ += option.bytes;
    }
    set_big(out_.size() - length_at - 2, 2, length_at, out_);
  }

  std::string& bytes() { return out_; }

 private:
  bool write(const A& data, uint16_t type) {
    for (const uint8_t byte : data.address) out_ += static_cast<char>(byte);
    return type == kA;
  }
  bool write(const Aaaa& data, uint16_t type) {
    for (const uint8_t byte : data.address) out_ += static_cast<char>(byte);
    return type == kAaaa;
  }
  bool write(const Cname& data, uint16_t type) {
    return type == kCname && names_.write(data.target, out_);
  }
  bool write(const Ns& data, uint16_t type) { return type == kNs && names_.write(data.host, out_); }
  bool write(const Soa& data, uint16_t type) {
    if (type != kSoa || !names_.write(data.primary, out_) || !names_.write(data.mailbox, out_))
      return false;
    for (const uint32_t number :
         {data.serial, data.refresh_s, data.retry_s, data.expire_s, data.minimum_s})
      put_big(number, 4, out_);
    return true;
  }
  bool write(const Txt& data, uint16_t type) {
    for (const auto& text : data.strings) {
      if (text.size() > 255) return false;
      out_ += static_cast<char>(text.size());
      out_ += text;
    }
    return type == kTxt && !data.strings.empty();
  }
  bool write(const Raw& data, uint16_t type) {
    out_ += data.bytes;
    // Raw data of a known type would be read back as that type.
    return type != kA && type != kAaaa && type != kCname && type != kNs && type != kSoa &&
           type != kTxt && type != kOpt;
  }

  std::string out_;
  size_t bytes_max_;
  NameWriter names_;
};

size_t edns_bytes(const Message& message) {
  if (!message.edns) return 0;
  size_t bytes = 11;
  for (const auto& option : message.edns->options) bytes += 4 + option.bytes.size();
  return bytes;
}

// Writes as many records as fit. False when one of them cannot be written at all.
bool write_section(const std::vector<Record>& records, Encoder& encoder, size_t& written) {
  for (const auto& record : records) {
    const auto outcome = encoder.record(record);
    if (outcome == Encoder::Outcome::kInvalid) return false;
    if (outcome == Encoder::Outcome::kNoRoom) return true;
    ++written;
  }
  return true;
}

}  // namespace

Result<std::string> encode(const Message& message, size_t bytes_max) {
  const size_t reserved = edns_bytes(message);
  if (bytes_max > kMessageBytesMax || bytes_max < kHeaderBytes + reserved)
    return Error(Code::kInvalid, "no DNS message has that size");
  if (message.rcode > (message.edns ? 0xfff : 0xf) || message.opcode > 15)
    return Error(Code::kInvalid, "rcode or opcode out of range");
  const auto unwritable = [] { return Error(Code::kInvalid, "DNS name or data not encodable"); };
  Encoder encoder(bytes_max, reserved);
  for (const auto& question : message.questions)
    if (!encoder.question(question)) return unwritable();

  // A section is begun only when the one before is complete.
  const std::vector<Record>* const sections[] = {&message.answers, &message.authority,
                                                 &message.additional};
  size_t written[3] = {};
  bool complete = true;
  bool truncated = message.truncated;
  for (size_t i = 0; i < 3 && complete; ++i) {
    if (!write_section(*sections[i], encoder, written[i])) return unwritable();
    complete = written[i] == sections[i]->size();
    truncated = truncated || (!complete && i < 2);
  }
  if (message.edns) encoder.edns(*message.edns, message.rcode);

  auto& out = encoder.bytes();
  set_big(message.id, 2, 0, out);
  set_big(flags_of(message) | (truncated ? kTc : 0U), 2, 2, out);
  set_big(message.questions.size(), 2, 4, out);
  set_big(written[0], 2, 6, out);
  set_big(written[1], 2, 8, out);
  set_big(written[2] + (message.edns ? 1 : 0), 2, 10, out);
  return std::move(out);
}

}  // namespace multiaz::wire::dns
