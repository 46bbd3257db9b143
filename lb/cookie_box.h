// Stickiness cookies as clients see them: AWSALB and AWSALBCORS, encrypted and unforgeable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/wire/http.h"

namespace multiaz::lb {

class CookieBox {
 public:
  // All nodes of a cluster read each other's cookies, because the key is derived from the
  // cluster's. With key_hex "" it is random.
  explicit CookieBox(std::string_view key_hex);

  // The target that the request's cookie names; "" when there is no valid one. When both are there,
  // the CORS one counts.
  [[nodiscard]] std::string target_of(const wire::http::Headers& request, int64_t now_ms) const;
  // Adds both Set-Cookie headers. The values are made anew once a second for each target.
  void add_cookies(wire::http::Headers& response, const std::string& target, int64_t now_ms);

  [[nodiscard]] std::string seal(std::string_view plain) const;
  [[nodiscard]] std::optional<std::string> open(std::string_view sealed) const;

 private:
  std::string key_;
  std::string cached_target_, cached_value_, cached_expires_;
  int64_t cached_second_ = -1;
};

}  // namespace multiaz::lb
