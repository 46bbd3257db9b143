// App: from a request to a response. Finds the route, names the session, adds what every answer
// carries (who served it, security headers, the cookie).
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
  // `route`: the pattern that matched, "" for none.
  rt::Task<http::Response> answer(Visit& visit, std::string_view& route);
  void finish(const Visit& visit, http::Response& response);
  // What a fault inside this process answers instead of us, if there is one.
  rt::Task<std::optional<http::Response>> spoil(std::string path);

  Shop& shop_;
  Random dice_{secret_u64()};  // of faults that strike some requests
  std::vector<WebRoute> routes_;
  std::vector<http::RoutePattern> patterns_;
};

}  // namespace multiaz::webnode
