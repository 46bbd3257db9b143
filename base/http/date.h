// Dates of HTTP (RFC 9110 5.6.7).
#pragma once

#include <cstdint>
#include <string>

namespace multiaz::http {

// "Fri, 20 Nov 2026 23:48:26 GMT"
std::string http_date(int64_t wall_ms);
// The date of now, formatted once a second.
const std::string& http_date_now();

}  // namespace multiaz::http
