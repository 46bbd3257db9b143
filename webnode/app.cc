#include "webnode/app.h"

#include "base/faults/inner_faults.h"
#include "base/http/router.h"
#include "base/rt/sync.h"
#include "webnode/api/routes.h"
#include "webnode/pages/render.h"
#include "webnode/pages/routes.h"
#include "webnode/web/sender.h"

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

// A request that another site made comes without our cookies; the fresh session that it would get
// must not replace the shopper's. (400, 403 and 415 are what pages and forms of other sites get.)
bool may_set_cookies(const http::Request& request, const http::Response& response) {
  const int status = response.status;
  if (may_change(request)) return status != 400 && status != 403 && status != 415;
  const bool navigates = request.header("Sec-Fetch-Mode") == "navigate";
  return navigates || sender_of(request) != Sender::kOthers;
}

http::Response no_route(const Shop& shop, const Visit& visit, const http::RouteMatch& match) {
  http::Response plain = http::no_route_response(visit.request, match);
  if (plain.status < 400) return plain;  // an answer to OPTIONS
  const bool missing = plain.status == 404;
  const Error error = missing
                          ? refuse(Code::kNotFound, "not_found", "There is no such page.")
                          : refuse(Code::kInvalid, "method", "This method is not allowed here.");
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
  if (!inner_faults().quiet()) {
    const std::optional<http::Response> spoiled = co_await spoil(request.path);
    if (spoiled) co_return *spoiled;
  }
  Visit visit(std::move(request));
  visit.until = monotonic_now() + shop_.config.request_ms * kMillisecond;
  const Nanos began = monotonic_now();
  std::string_view route;
  http::Response response = co_await answer(visit, route);
  if (response.status >= 500) ++shop_.counters.errors;
  finish(visit, response);
  shop_.request_log.done(visit.request, route, response, monotonic_now() - began);
  co_return response;
}

// Carries out a gray failure: health checks pass while shoppers get errors or wait.
rt::Task<std::optional<http::Response>> App::spoil(std::string path) {
  if (path == "/health") {
    if (!inner_faults().strikes("health_lie"_fault)) co_return std::nullopt;
    co_return http::Response(503, "{\"status\":\"unhealthy (injected fault)\"}\n",
                             "application/json");
  }
  const auto slow =
      inner_faults().strikes("slow_requests"_fault, static_cast<uint32_t>(dice_.below(100)));
  if (slow) co_await rt::sleep_ms(slow->amount);
  const auto fails =
      inner_faults().strikes("failing_requests"_fault, static_cast<uint32_t>(dice_.below(100)));
  if (!fails) co_return std::nullopt;
  ++shop_.counters.errors;
  co_return http::Response(500, "{\"error\":{\"code\":\"fault\"}}\n", "application/json");
}

rt::Task<http::Response> App::answer(Visit& visit, std::string_view& route_name) {
  const std::string_view path = http::encoded_path(visit.request.target);
  http::RouteMatch match = http::match_route(patterns_, visit.request.method, path);
  if (match.index < 0) co_return no_route(shop_, visit, match);
  visit.request.params = std::move(match.params);
  const WebRoute& route = routes_[static_cast<size_t>(match.index)];
  route_name = route.pattern;
  if (may_change(visit.request) && sender_of(visit.request) == Sender::kOthers) {
    const Error error =
        refuse(Code::kDenied, "cross_site",
               "This request came from another site. Open the shop itself and try again.");
    co_return is_api(visit.request) ? api_error(error) : error_page(shop_, visit, error);
  }
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
  if (!may_set_cookies(visit.request, response)) return;
  for (std::string& cookie : session_cookies(shop_, visit)) {
    response.headers.add("Set-Cookie", std::move(cookie));
  }
}

}  // namespace multiaz::webnode
