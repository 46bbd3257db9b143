// Router: one visible table from method and path to a handler.
//
//   constexpr Route<Shop> kRoutes[] = {
//       {"GET", "/", show_home},
//       {"GET", "/api/products/:id", get_product},      // request.param("id")
//       {"GET", "/static/*file", get_static},           // the rest of the path, slashes and all
//   };
//   const Router<Shop> router(kRoutes);
//   Server server(config, [&](Request request) { return router.handle(shop, std::move(request));
//   });
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/http/message.h"
#include "base/rt/task.h"

namespace multiaz::http {

struct RoutePattern {
  std::string_view method, pattern;
};

// Fills `params`. Literal segments win over captures, and captures over a rest; HEAD falls back to
// GET. Percent-encoding is undone once, after splitting, so "%2F" separates nothing.
struct RouteMatch {
  int index = -1;     // index of the route; -1 when none matches
  std::string allow;  // for 405: the methods of this path, when only the method was wrong
  FormPairs params;
};
RouteMatch match_route(std::span<const RoutePattern> routes, std::string_view method,
                       std::string_view encoded_path);
// The answer to a request without a route: 404, or 405 with Allow (204 with Allow for OPTIONS).
Response no_route_response(const Request& request, const RouteMatch& match);
// The path of a target, still encoded.
std::string_view encoded_path(std::string_view target);

template <typename Context>
struct Route {
  std::string_view method, pattern;
  rt::Task<Response> (*handle)(Context&, Request);
};

template <typename Context>
class Router {
 public:
  explicit Router(std::span<const Route<Context>> routes) : routes_(routes) {
    for (const Route<Context>& route : routes) {
      patterns_.push_back(RoutePattern{route.method, route.pattern});
    }
  }

  // REQUIRES: the router and the context outlive the task.
  rt::Task<Response> handle(Context& context, Request request) const {
    RouteMatch match = match_route(patterns_, request.method, encoded_path(request.target));
    if (match.index < 0) co_return no_route_response(request, match);
    request.params = std::move(match.params);
    Response response = co_await routes_[match.index].handle(context, std::move(request));
    co_return response;
  }

 private:
  std::span<const Route<Context>> routes_;
  std::vector<RoutePattern> patterns_;
};

}  // namespace multiaz::http
