// The session as pages see it: a short read that never waits long.
#pragma once

#include <optional>

#include "webnode/sessions/store.h"
#include "webnode/shop/shop.h"

namespace multiaz::webnode {

// Data for the header of pages: the user, and how many lines the cart has. A page without it is
// better than no page.
struct Glance {
  std::optional<User> user;
  int64_t cart_lines = 0;
  bool known = false;
};
rt::Task<Glance> glance(Shop& shop, SessionAt& at);

}  // namespace multiaz::webnode
