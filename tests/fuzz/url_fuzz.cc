// URLs, forms and cookies: decoding reverses encoding, and reading reverses writing.
#include <algorithm>
#include <string>

#include "base/core/check.h"
#include "base/wire/cookie.h"
#include "base/wire/url.h"

using namespace multiaz::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto decoded = percent_decode(percent_encode(bytes));
  CHECK(decoded.ok() == (bytes.find('\0') == std::string_view::npos));
  if (decoded) CHECK(*decoded == bytes);

  if (auto form = parse_form(bytes)) {
    // A field without name and value is written as "=", which reads as one such field again.
    auto again = parse_form(encode_form(*form));
    CHECK(again.ok());
    CHECK(*again == *form);
  }
  (void)split_target(bytes);

  for (const auto& cookie : parse_cookies(bytes)) CHECK(find_cookie(bytes, cookie.name));
  if (auto cookie = parse_set_cookie(bytes); cookie && is_cookie_value(cookie->value)) {
    auto again = parse_set_cookie(write_set_cookie(*cookie));
    CHECK(again.ok());
    CHECK(*again == *cookie);
  }
  return 0;
}
