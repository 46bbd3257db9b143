// Stickiness cookies as clients see them: AWSALB and AWSALBCORS, encrypted and unforgeable.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/wire/http.h"

namespace multiaz::lb {

class CookieBox {
 public:
  // All nodes of a cluster read each other's cookies, because the key is derived from the
  // cluster's. With key_hex "" it is random.
  explicit CookieBox(std::string_view key_hex);

  // The target that the request's cookie names; "" when there is no valid one, or only one that is
  // older than `duration_ms`. When several are valid, the first CORS one counts.
  [[nodiscard]] std::string target_of(const wire::http::Headers& request, int64_t now_ms,
                                      uint64_t duration_ms) const;
  // Adds both Set-Cookie headers. The values are made anew once a second for each target.
  void add_cookies(wire::http::Headers& response, const std::string& target, int64_t now_ms);

  // The same for the target group of a weighted forward action: AWSALBTG and AWSALBTGCORS.
  [[nodiscard]] std::string group_of(const wire::http::Headers& request, int64_t now_ms,
                                     uint64_t duration_ms) const;
  void add_group(wire::http::Headers& response, const std::string& group, int64_t now_ms);

  // The same for stickiness by a cookie of the target's own (app_cookie): AWSALBAPP-0, which counts
  // only beside that cookie.
  [[nodiscard]] std::string app_target_of(const wire::http::Headers& request,
                                          std::string_view app_cookie, int64_t now_ms,
                                          uint64_t duration_ms) const;
  void add_app(wire::http::Headers& response, const std::string& target, int64_t now_ms);

  [[nodiscard]] std::string seal(std::string_view plain) const;
  [[nodiscard]] std::optional<std::string> open(std::string_view sealed) const;

 private:
  // Both Set-Cookie values for one text. They serve for a second.
  struct Made {
    std::string plain, cors;
    int64_t second = -1;
  };
  using MadeByText = std::unordered_map<std::string, Made>;
  [[nodiscard]] std::string named_by(const wire::http::Headers& request,
                                     std::initializer_list<std::string_view> cookies,
                                     int64_t now_ms, uint64_t duration_ms) const;
  const Made& made(std::string_view cookie, const std::string& text, int64_t now_ms,
                   MadeByText& kept);

  std::string key_;
  MadeByText targets_, groups_, app_targets_;
};

}  // namespace multiaz::lb
