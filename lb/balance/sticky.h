// The contents of a stickiness cookie, before it is encrypted (lb/cookie_box.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace multiaz::lb {

constexpr size_t kStickyBytes = 64;      // fixed, so that the length of a cookie gives nothing away
constexpr size_t kStickyTargetMax = 48;  // bytes of a target's id
constexpr int64_t kStickyExpiresMs = 7 * 86'400'000LL;  // the expiry that the browser always gets

struct Sticky {
  std::string target;
  int64_t issued_ms = 0;  // wall clock
};

// REQUIRES: the target's id is not longer than kStickyTargetMax.
std::string encode_sticky(const Sticky& sticky);
// nullopt when it is malformed, older than the duration, or issued more than a minute in the future
// (the clocks of nodes may differ a little).
std::optional<Sticky> decode_sticky(std::string_view plain, int64_t now_ms, int64_t duration_ms);

}  // namespace multiaz::lb
