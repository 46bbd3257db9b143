#include "webnode/web/login.h"

#include <optional>

namespace multiaz::webnode {

namespace {

rt::Task<Status> move_session(Shop& shop, Visit& visit, std::optional<User> user) {
  const std::string fresh = Signer::new_session_id();
  const Status moved =
      co_await shop.sessions->change_id(visit.session, fresh, std::move(user), visit.until);
  if (!moved) co_return moved.error();
  visit.set_cookie = true;
  co_return Status();
}

}  // namespace

rt::Task<Result<User>> require_user(Shop& shop, Visit& visit) {
  Result<std::optional<User>> user = co_await shop.sessions->user(visit.session, visit.until);
  if (!user) co_return user.error();
  if (!user->has_value()) co_return refuse(Code::kDenied, "not_logged_in", "Log in first.");
  co_return std::move(**user);
}

rt::Task<Status> log_in(Shop& shop, Visit& visit, User user) {
  const Status moved = co_await move_session(shop, visit, std::move(user));
  // The user's writes in other sessions count as well.
  if (moved) co_await note_write(shop, visit);
  co_return moved;
}

rt::Task<Status> log_out(Shop& shop, Visit& visit) {
  const Status moved = co_await move_session(shop, visit, std::nullopt);
  co_return moved;
}

Registration read_registration(Fields& fields) {
  Registration wanted;
  wanted.email = fields.email("email");
  wanted.password = fields.raw_text("password", kPasswordBytesMin, kPasswordBytesMax);
  wanted.name = fields.text("name", 1, 100);
  return wanted;
}

Address read_address_fields(Fields& fields) {
  Address address;
  address.recipient = fields.text("recipient", 1, 100);
  address.street = fields.text("street", 1, 200);
  address.city = fields.text("city", 1, 100);
  address.postcode = fields.text("postcode", 1, 20);
  address.country = fields.text("country", 1, 60);
  return address;
}

}  // namespace multiaz::webnode
