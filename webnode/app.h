// App: from a request to a response. It finds the route, identifies the session, and adds what
// every answer carries (instance and zone, security headers, the cookie).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/core/random.h"
#include "base/http/message.h"
#include "base/http/router.h"
#include "base/rt/task.h"
#include "webnode/shop/shop.h"
#include "webnode/web/visit.h"

namespace multiaz::webnode {

class App {
 public:
  explicit App(Shop& shop);
  // REQUIRES: the app outlives the task.
  rt::Task<http::Response> handle(http::Request request);

 private:
  // `route` becomes the pattern that matched, or "".
  rt::Task<http::Response> answer(Visit& visit, std::string_view& route);
  void finish(const Visit& visit, http::Response& response);
  // The answer of a fault inside this process, if one is in force.
  rt::Task<std::optional<http::Response>> spoil(std::string path);

  Shop& shop_;
  Random dice_{secret_u64()};  // for faults that strike only some requests
  std::vector<WebRoute> routes_;
  std::vector<http::RoutePattern> patterns_;
};

}  // namespace multiaz::webnode
