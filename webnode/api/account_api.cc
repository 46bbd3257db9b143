#include <nlohmann/json.hpp>

#include "webnode/api/routes.h"
#include "webnode/shop/accounts.h"
#include "webnode/web/login.h"
#include "webnode/web/views.h"

namespace multiaz::webnode::api {

// POST /api/register {"email", "password", "name"}
rt::Task<http::Response> post_register(Shop& shop, Visit& visit) {
  Result<Fields> fields = json_body(visit.request);
  if (!fields) co_return api_error(fields.error());
  Registration wanted = read_registration(*fields);
  const Status valid = fields->status();
  if (!valid) co_return api_error(valid.error());
  const Result<User> user =
      co_await register_account(shop, std::move(wanted), client_of(shop, visit), visit.until);
  if (!user) co_return api_error(user.error());
  // The account exists, whether or not the session can be changed now.
  const Status logged_in = co_await log_in(shop, visit, *user);
  nlohmann::json body = user_view(*user);
  body["logged_in"] = logged_in.ok();
  co_return json_answer(201, body);
}

// POST /api/login {"email", "password"}
rt::Task<http::Response> post_login(Shop& shop, Visit& visit) {
  Result<Fields> fields = json_body(visit.request);
  if (!fields) co_return api_error(fields.error());
  const std::string email = fields->email("email");
  const std::string password = fields->raw_text("password", 1, kPasswordBytesMax);
  const Status valid = fields->status();
  if (!valid) co_return api_error(valid.error());
  const Result<User> user =
      co_await check_login(shop, email, password, client_of(shop, visit), visit.until);
  if (!user) co_return api_error(user.error());
  const Status logged_in = co_await log_in(shop, visit, *user);
  if (!logged_in) co_return api_error(logged_in.error());
  co_return json_answer(200, user_view(*user));
}

rt::Task<http::Response> post_logout(Shop& shop, Visit& visit) {
  const Result<Fields> fields = json_body(visit.request);
  if (!fields) co_return api_error(fields.error());
  const Status logged_out = co_await log_out(shop, visit);
  if (!logged_out) co_return api_error(logged_out.error());
  const nlohmann::json body = {{"logged_out", true}};
  co_return json_answer(200, body);
}

rt::Task<http::Response> get_me(Shop& shop, Visit& visit) {
  const Result<User> user = co_await require_user(shop, visit);
  if (!user) co_return api_error(user.error());
  co_return json_answer(200, user_view(*user));
}

rt::Task<http::Response> get_address(Shop& shop, Visit& visit) {
  const Result<User> user = co_await require_user(shop, visit);
  if (!user) co_return api_error(user.error());
  const auto address = co_await load_address(shop, user->account, visit.wrote_at, visit.until);
  if (!address) co_return api_error(address.error());
  if (!address->has_value()) {
    co_return api_error(refuse(Code::kNotFound, "no_address", "There is no address yet."));
  }
  co_return json_answer(200, address_view(**address));
}

// PUT /api/address {"recipient", "street", "city", "postcode", "country"}
rt::Task<http::Response> put_address(Shop& shop, Visit& visit) {
  Result<Fields> fields = json_body(visit.request);
  if (!fields) co_return api_error(fields.error());
  Address address = read_address_fields(*fields);
  const Status valid = fields->status();
  if (!valid) co_return api_error(valid.error());
  const Result<User> user = co_await require_user(shop, visit);
  if (!user) co_return api_error(user.error());
  const nlohmann::json body = address_view(address);
  const Status stored =
      co_await store_address(shop, user->account, std::move(address), visit.until);
  co_await note_write(shop, visit);
  if (!stored) co_return api_error(stored.error());
  co_return json_answer(200, body);
}

}  // namespace multiaz::webnode::api
