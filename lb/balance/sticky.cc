#include "lb/balance/sticky.h"

#include "base/core/check.h"

namespace multiaz::lb {

namespace {

// The layout is 8 bytes of time, 1 byte of length, the id, and zeros.
constexpr size_t kTimeBytes = 8;
constexpr int64_t kClockSkewMs = 60'000;

}  // namespace

std::string encode_sticky(const Sticky& sticky) {
  CHECK(sticky.target.size() <= kStickyTargetMax);
  std::string plain;
  for (size_t i = 0; i < kTimeBytes; ++i) {
    plain.push_back(static_cast<char>(static_cast<uint64_t>(sticky.issued_ms) >> (8 * i)));
  }
  plain.push_back(static_cast<char>(sticky.target.size()));
  plain.append(sticky.target);
  plain.resize(kStickyBytes, '\0');
  return plain;
}

std::optional<Sticky> decode_sticky(std::string_view plain, int64_t now_ms, int64_t duration_ms) {
  if (plain.size() != kStickyBytes) return std::nullopt;
  uint64_t issued = 0;
  for (size_t i = 0; i < kTimeBytes; ++i) {
    issued |= static_cast<uint64_t>(static_cast<unsigned char>(plain[i])) << (8 * i);
  }
  const size_t length = static_cast<unsigned char>(plain[kTimeBytes]);
  if (length == 0 || length > kStickyTargetMax) return std::nullopt;
  Sticky sticky;
  sticky.issued_ms = static_cast<int64_t>(issued);
  sticky.target = std::string(plain.substr(kTimeBytes + 1, length));
  if (sticky.issued_ms > now_ms + kClockSkewMs) return std::nullopt;
  if (now_ms - sticky.issued_ms > duration_ms) return std::nullopt;
  return sticky;
}

}  // namespace multiaz::lb
