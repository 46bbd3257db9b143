#include "base/http/date.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "base/core/clock.h"

namespace multiaz::http {

std::string http_date(int64_t wall_ms) {
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = wall_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  // strftime will not do: its names depend on the locale.
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                kDays[static_cast<size_t>(utc.tm_wday)], utc.tm_mday,
                kMonths[static_cast<size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                utc.tm_min, utc.tm_sec);
  return text;
}

const std::string& http_date_now() {
  static int64_t second = -1;
  static std::string text;
  const int64_t now_ms = wall_now_ms();
  if (now_ms / 1000 != second) {
    second = now_ms / 1000;
    text = http_date(now_ms);
  }
  return text;
}

}  // namespace multiaz::http
