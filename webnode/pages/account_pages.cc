#include <nlohmann/json.hpp>
#include <optional>

#include "webnode/pages/page_views.h"
#include "webnode/pages/render.h"
#include "webnode/pages/routes.h"
#include "webnode/web/login.h"

namespace multiaz::webnode::pages {

namespace {

using nlohmann::json;

// Returns only paths of this site, so that there is no open redirect.
std::string return_path(const std::string& wanted) {
  constexpr std::string_view kAllowed[] = {"/checkout", "/account", "/orders", "/cart"};
  for (const std::string_view path : kAllowed) {
    if (wanted == path) return wanted;
  }
  return "/account";
}

// Shows the form again, with the input (without the password) and with what was wrong.
rt::Task<http::Response> show_form(Shop& shop, Visit& visit, Page page, json data,
                                   std::optional<Error> error) {
  if (error) {
    const Refusal refusal = explain(*error);
    if (refusal.status >= 500 || refusal.status == 403) co_return error_page(shop, visit, *error);
    page.status = refusal.status;
    data["error"] = refusal.message;
  }
  http::Response response = co_await show_page(shop, visit, std::move(page), std::move(data));
  co_return response;
}

Page register_page() {
  Page page;
  page.body = "register";
  page.title = "Create an account";
  return page;
}

Page login_page() {
  Page page;
  page.body = "login";
  page.title = "Log in";
  return page;
}

Page account_page() {
  Page page;
  page.body = "account";
  page.title = "Your account";
  return page;
}

http::Response to_login(std::string_view next) {
  return http::redirect_response("/login?next=" + wire::percent_encode(next));
}

}  // namespace

rt::Task<http::Response> register_form(Shop& shop, Visit& visit) {
  const json data = {{"next", return_path(visit.request.query.get("next"))}};
  http::Response response = co_await show_form(shop, visit, register_page(), data, std::nullopt);
  co_return response;
}

rt::Task<http::Response> do_register(Shop& shop, Visit& visit) {
  Result<Fields> fields = form_body(shop, visit);
  if (!fields) co_return error_page(shop, visit, fields.error());
  const std::string next = return_path(fields->optional_text("next", 100));
  Registration wanted = read_registration(*fields);
  const json data = {{"next", next}, {"email", wanted.email}, {"name", wanted.name}};
  const Status valid = fields->status();
  std::optional<Error> problem;
  if (!valid) problem = valid.error();
  std::optional<User> user;
  if (!problem) {
    Result<User> made =
        co_await register_account(shop, std::move(wanted), client_of(shop, visit), visit.until);
    if (made) user = std::move(*made);
    if (!made) problem = made.error();
  }
  if (problem) {
    http::Response again = co_await show_form(shop, visit, register_page(), data, problem);
    co_return again;
  }
  const Status logged_in = co_await log_in(shop, visit, std::move(*user));
  if (!logged_in) co_return to_login(next);
  co_return http::redirect_response(next);
}

rt::Task<http::Response> login_form(Shop& shop, Visit& visit) {
  const json data = {{"next", return_path(visit.request.query.get("next"))}};
  http::Response response = co_await show_form(shop, visit, login_page(), data, std::nullopt);
  co_return response;
}

rt::Task<http::Response> do_login(Shop& shop, Visit& visit) {
  Result<Fields> fields = form_body(shop, visit);
  if (!fields) co_return error_page(shop, visit, fields.error());
  const std::string next = return_path(fields->optional_text("next", 100));
  const std::string email = fields->email("email");
  const std::string password = fields->raw_text("password", 1, kPasswordBytesMax);
  const json data = {{"next", next}, {"email", email}};
  const Status valid = fields->status();
  std::optional<Error> problem;
  if (!valid) problem = valid.error();
  if (!problem) {
    Result<User> user =
        co_await check_login(shop, email, password, client_of(shop, visit), visit.until);
    Status logged_in;
    if (user) logged_in = co_await log_in(shop, visit, std::move(*user));
    if (!user) problem = user.error();
    if (!logged_in) problem = logged_in.error();
  }
  if (problem) {
    http::Response again = co_await show_form(shop, visit, login_page(), data, problem);
    co_return again;
  }
  co_return http::redirect_response(next);
}

rt::Task<http::Response> do_logout(Shop& shop, Visit& visit) {
  const Result<Fields> fields = form_body(shop, visit);
  if (!fields) co_return error_page(shop, visit, fields.error());
  const Status logged_out = co_await log_out(shop, visit);
  if (!logged_out) co_return error_page(shop, visit, logged_out.error());
  co_return http::redirect_response("/");
}

rt::Task<http::Response> account(Shop& shop, Visit& visit) {
  const Result<User> user = co_await require_user(shop, visit);
  if (!user && user.error().code == Code::kDenied) co_return to_login("/account");
  if (!user) co_return error_page(shop, visit, user.error());
  const auto address = co_await load_address(shop, user->account, visit.wrote_at, visit.until);
  if (!address) co_return error_page(shop, visit, address.error());
  json data = user_view(*user);
  data["address"] = address_view(address->value_or(Address()));
  if (visit.request.query.get("done") == "saved") data["notice"] = "Your address is saved.";
  http::Response response = co_await show_form(shop, visit, account_page(), data, std::nullopt);
  co_return response;
}

rt::Task<http::Response> save_address(Shop& shop, Visit& visit) {
  Result<Fields> fields = form_body(shop, visit);
  if (!fields) co_return error_page(shop, visit, fields.error());
  const Result<User> user = co_await require_user(shop, visit);
  if (!user && user.error().code == Code::kDenied) co_return to_login("/account");
  if (!user) co_return error_page(shop, visit, user.error());
  Address address = read_address_fields(*fields);
  json data = user_view(*user);
  data["address"] = address_view(address);
  const Status valid = fields->status();
  std::optional<Error> problem;
  if (!valid) problem = valid.error();
  if (!problem) {
    const Status stored =
        co_await store_address(shop, user->account, std::move(address), visit.until);
    co_await note_write(shop, visit);
    if (!stored) problem = stored.error();
  }
  if (problem) {
    http::Response again = co_await show_form(shop, visit, account_page(), data, problem);
    co_return again;
  }
  co_return http::redirect_response("/account?done=saved");
}

}  // namespace multiaz::webnode::pages
