// Rewrites a head that is not quite HTTP/1.1 but has one meaning only into one that is, for a
// lenient parser. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"
#include "base/wire/http_oddity.h"

namespace multiaz::wire::http {

struct Straightened {
  std::string text;  // lines end in CRLF; every header's name is a token
  // of a request; the text has POST in its place, because llhttp knows few methods
  std::string method;
  Oddities oddities;
};

// `head` is a complete head without NUL, bare CR and folded headers (HeadBuffer). On error `status`
// is what a server answers: 505 for a version that is not HTTP/1, 400 otherwise.
Result<Straightened> straighten_request(std::string_view head, int& status);
Result<Straightened> straighten_response(std::string_view head, int& status);

}  // namespace multiaz::wire::http
