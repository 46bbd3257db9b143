// Visit: one request with what the shop knows about its sender. It lives as long as the request.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/http/message.h"
#include "base/rt/task.h"
#include "webnode/shop/fields.h"
#include "webnode/shop/refusal.h"
#include "webnode/shop/shop.h"

namespace multiaz::webnode {

constexpr std::string_view kSessionCookie = "sid";
constexpr std::string_view kCarriedCookie = "cart";  // cookie of the cookie store
constexpr std::string_view kWroteCookie = "wrote";   // see note_write()
constexpr int64_t kCookieMaxAgeS = 30 * 24 * 3600;

struct Visit {
  explicit Visit(http::Request incoming) : request(std::move(incoming)) {}
  http::Request request;
  SessionAt session;        // its id comes from a signed cookie, or is a fresh one
  bool set_cookie = false;  // the answer must carry the session id
  uint64_t wrote_at = 0;    // position of the session's last write; 0 when it has only read
  bool set_wrote = false;
  Nanos until = 0;  // deadline for the answer
};

// One row of the route tables in api/ and pages/.
struct WebRoute {
  std::string_view method, pattern;
  rt::Task<http::Response> (*handle)(Shop&, Visit&);
  bool session = false;  // whether it needs a session id: a visitor without one then gets a cookie
};

// Read your writes: after a write the session remembers the primary's position (cookie
// kWroteCookie), and its own data is read from a replica only when that has reached the position
// (Db::browse_since).
rt::Task<void> note_write(Shop& shop, Visit& visit);

// Takes the session id from the cookie. A forged cookie is counted, logged and ignored.
void identify(Shop& shop, Visit& visit);
// The Set-Cookie values for the visit's session.
std::vector<std::string> session_cookies(const Shop& shop, const Visit& visit);

// The client for which attempts are counted.
std::string client_of(const Shop& shop, const Visit& visit);

// The fields of a JSON body; an empty body counts as {}. kInvalid; "not_json" (415) unless the
// Content-Type is application/json, which no form of another site can send. An empty body needs it,
// too, when it names a type, unless the browser says that a page of this site sends it.
Result<Fields> json_body(const http::Request& request);
// The fields of a posted form. kDenied ("csrf", 403) without this session's token.
Result<Fields> form_body(const Shop& shop, const Visit& visit);

// A positive id from the path; 0 when it is not one.
int64_t id_param(const http::Request& request);

// {"error":{"code","message"[,"field"]}} with Retry-After and X-Not-Executed where they apply.
http::Response api_error(const Error& error);
void add_retry_headers(const Refusal& refusal, http::Response& response);

}  // namespace multiaz::webnode
