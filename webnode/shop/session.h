// Sessions: who is logged in, kept in the cache under an opaque id. A visitor who is not logged in
// has a signed id and nothing stored.
#pragma once

#include <optional>
#include <string>

#include "base/core/clock.h"
#include "webnode/shop/shop.h"

namespace multiaz::webnode {

constexpr int64_t kSessionTtlS = 7 * 24 * 3600;
// The old id's cart stays this long after the id was changed: the answer that carried the new id
// may have been lost on its way.
constexpr int64_t kOldCartTtlS = 3600;

struct User {
  std::string account, email, name;
};

std::string session_key(std::string_view session_id);
std::string cart_key(std::string_view session_id);

rt::Task<Result<std::optional<User>>> load_user(Shop& shop, std::string session_id, Nanos until);

// Moves to a new session id: the cart is copied, the user (if any) is stored, and what was logged
// in under the old id is gone. Against session fixation this happens at every log-in and log-out.
rt::Task<Status> change_session(Shop& shop, std::string old_id, std::string new_id,
                                std::optional<User> user, Nanos until);

// Header data of pages: who, and how many lines the cart has. Never waits long: a page without it
// is better than no page.
struct Glance {
  std::optional<User> user;
  int64_t cart_lines = 0;
  bool known = false;
};
rt::Task<Glance> glance(Shop& shop, std::string session_id);

}  // namespace multiaz::webnode
