// DNS: what decodes can be encoded and decodes to the same again; a small size limit is kept.
#include <string>

#include "base/core/check.h"
#include "base/wire/dns.h"

using namespace multiaz::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto message = dns::decode(bytes);
  if (!message) return 0;
  auto encoded = dns::encode(*message);
  CHECK(encoded.ok());
  auto back = dns::decode(*encoded);
  CHECK(back.ok());
  const bool whole = back->answers.size() == message->answers.size() &&
                     back->authority.size() == message->authority.size() &&
                     back->additional.size() == message->additional.size();
  if (whole) CHECK(*back == *message);
  if (auto small = dns::encode(*message, dns::kUdpBytesMax)) {
    CHECK(small->size() <= dns::kUdpBytesMax);
    CHECK(dns::decode(*small).ok());
  }
  for (const auto& question : message->questions) {
    CHECK(dns::is_below(question.name, question.name));
    CHECK(dns::is_below(question.name, ""));
  }
  return 0;
}
