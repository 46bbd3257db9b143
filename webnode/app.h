// App: from a request to a response. Finds the route, names the session, adds what every answer
// carries (who served it, security headers, the cookie).
#pragma once

#include <vector>

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
  rt::Task<http::Response> answer(Visit& visit);
  void finish(const Visit& visit, http::Response& response);

  Shop& shop_;
  std::vector<WebRoute> routes_;
  std::vector<http::RoutePattern> patterns_;
};

}  // namespace multiaz::webnode
