#include "webnode/app.h"

#include "base/http/router.h"
#include "webnode/api/routes.h"
#include "webnode/pages/render.h"
#include "webnode/pages/routes.h"

namespace multiaz::webnode {

namespace {

struct FixedHeader {
  std::string_view name, value;
};
constexpr FixedHeader kSecurityHeaders[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "same-origin"},
    {"X-Frame-Options", "DENY"},
    {"Content-Security-Policy",
     "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
     "object-src 'none'"},
};

bool is_api(const http::Request& request) {
  return request.path.starts_with("/api/") || request.path == "/health";
}

http::Response no_route(const Shop& shop, const Visit& visit, const http::RouteMatch& match) {
  http::Response plain = http::no_route_response(visit.request, match);
  if (plain.status < 400) return plain;  // OPTIONS
  const bool missing = plain.status == 404;
  const Error error = missing ? refuse(Code::kNotFound, "not_found", "There is no such page.")
                              : refuse(Code::kInvalid, "method", "Not with this method.");
  http::Response dressed =
      is_api(visit.request) ? api_error(error) : error_page(shop, visit, error);
  dressed.status = plain.status;
  if (!match.allow.empty()) dressed.headers.set("Allow", match.allow);
  return dressed;
}

}  // namespace

App::App(Shop& shop) : shop_(shop) {
  for (const WebRoute& route : page_routes()) routes_.push_back(route);
  for (const WebRoute& route : api_routes()) routes_.push_back(route);
  for (const WebRoute& route : routes_) {
    patterns_.push_back(http::RoutePattern{route.method, route.pattern});
  }
}

rt::Task<http::Response> App::handle(http::Request request) {
  ++shop_.counters.requests;
  Visit visit(std::move(request));
  visit.until = monotonic_now() + shop_.config.request_ms * kMillisecond;
  http::Response response = co_await answer(visit);
  if (response.status >= 500) ++shop_.counters.errors;
  finish(visit, response);
  co_return response;
}

rt::Task<http::Response> App::answer(Visit& visit) {
  const std::string_view path = http::encoded_path(visit.request.target);
  http::RouteMatch match = http::match_route(patterns_, visit.request.method, path);
  if (match.index < 0) co_return no_route(shop_, visit, match);
  visit.request.params = std::move(match.params);
  const WebRoute& route = routes_[static_cast<size_t>(match.index)];
  if (route.session) identify(shop_, visit);
  http::Response response = co_await route.handle(shop_, visit);
  co_return response;
}

void App::finish(const Visit& visit, http::Response& response) {
  response.headers.set("X-Instance", shop_.config.instance);
  response.headers.set("X-Zone", shop_.config.zone);
  for (const FixedHeader& header : kSecurityHeaders) {
    response.headers.set(header.name, header.value);
  }
  if (!response.headers.contains("Cache-Control")) {
    response.headers.set("Cache-Control", "no-store");
  }
  for (std::string& cookie : session_cookies(shop_, visit)) {
    response.headers.add("Set-Cookie", std::move(cookie));
  }
}

}  // namespace multiaz::webnode
