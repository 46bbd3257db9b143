#include "webnode/web/visit.h"

#include <bit>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/jsonio.h"
#include "base/core/log.h"
#include "base/wire/cookie.h"
#include "webnode/web/sender.h"

namespace multiaz::webnode {

namespace {

// A replica that is further behind is another problem. The bound also ends the effect of a position
// that a restored database never reaches.
constexpr int64_t kWroteMaxAgeS = 300;

// Whether a Content-Type such as "application/json; charset=utf-8" is the wanted type.
bool has_media_type(const http::Request& request, std::string_view wanted) {
  const std::string_view type = request.header("Content-Type");
  return wire::http::same_text(wire::http::trimmed(type.substr(0, type.find(';'))), wanted);
}

// Forged cookies do not get a line each, because an attacker could fill the log.
void count_forged(Shop& shop, const Visit& visit) {
  const uint64_t count = ++shop.counters.forged_cookies;
  if (!std::has_single_bit(count)) return;
  log::warn("refused a cookie with a false signature from " + visit.request.peer.ip_text() + " (" +
            std::to_string(count) + " so far)");
}

void read_carried_cookie(Shop& shop, Visit& visit) {
  const auto cookie = visit.request.cookie(kCarriedCookie);
  if (!cookie) return;
  std::optional<std::string> text = shop.signer.open(*cookie);
  if (text)
    visit.session.carried = std::move(*text);
  else
    count_forged(shop, visit);
}

// The cookie holds no secret, and a false one harms its sender only: a value that is no number
// counts as "just now".
void read_wrote_cookie(Visit& visit) {
  const auto cookie = visit.request.cookie(kWroteCookie);
  if (!cookie) return;
  const auto [end, code] =
      std::from_chars(cookie->data(), cookie->data() + cookie->size(), visit.wrote_at);
  if (code != std::errc() || end != cookie->data() + cookie->size()) visit.wrote_at = kNoPosition;
}

std::string our_cookie(const Shop& shop, std::string_view name, std::string value,
                       int64_t max_age_s = kCookieMaxAgeS) {
  wire::SetCookie cookie;
  cookie.name = name;
  cookie.value = std::move(value);
  cookie.max_age_s = max_age_s;
  cookie.http_only = true;
  cookie.secure = shop.config.secure_cookie;
  cookie.same_site = wire::SameSite::kLax;
  return wire::write_set_cookie(cookie);
}

}  // namespace

rt::Task<void> note_write(Shop& shop, Visit& visit) {
  visit.wrote_at = co_await shop.db.position(visit.until);
  visit.set_wrote = visit.wrote_at != 0;
}

void identify(Shop& shop, Visit& visit) {
  read_wrote_cookie(visit);
  const auto cookie = visit.request.cookie(kSessionCookie);
  const auto id = cookie ? shop.signer.session_of(*cookie) : std::nullopt;
  if (id) {
    visit.session.id = *id;
    read_carried_cookie(shop, visit);
    return;
  }
  if (cookie) count_forged(shop, visit);
  visit.session.id = Signer::new_session_id();
  visit.set_cookie = true;
}

std::vector<std::string> session_cookies(const Shop& shop, const Visit& visit) {
  std::vector<std::string> out;
  if (visit.set_cookie) {
    out.push_back(our_cookie(shop, kSessionCookie, shop.signer.cookie_value(visit.session.id)));
  }
  if (visit.set_wrote) {
    out.push_back(our_cookie(shop, kWroteCookie, std::to_string(visit.wrote_at), kWroteMaxAgeS));
  }
  if (visit.session.to_carry) {
    out.push_back(our_cookie(shop, kCarriedCookie, shop.signer.seal(*visit.session.to_carry)));
  }
  return out;
}

std::string client_of(const Shop& shop, const Visit& visit) {
  return client_of(visit.request, shop.config.behind_balancer);
}

Result<Fields> json_body(const http::Request& request) {
  const bool json = has_media_type(request, "application/json");
  const bool plain = request.body.empty() && (request.header("Content-Type").empty() ||
                                              sender_of(request) == Sender::kOurs);
  if (!json && !plain) {
    return refuse(Code::kInvalid, "not_json", "Send the body as application/json.");
  }
  return Fields::from_json(request.body.empty() ? "{}" : request.body);
}

Result<Fields> form_body(const Shop& shop, const Visit& visit) {
  if (!has_media_type(visit.request, "application/x-www-form-urlencoded")) {
    return refuse(Code::kInvalid, "not_a_form", "Send a form.");
  }
  const Result<wire::FormPairs> form = visit.request.form();
  if (!form) return refuse(Code::kInvalid, "invalid", "The form cannot be read.");
  if (!shop.signer.form_token_ok(visit.session.id, form->get("csrf"))) {
    return refuse(Code::kDenied, "csrf", "This form is too old. Go back, reload and try again.");
  }
  return Fields::from_form(*form);
}

int64_t id_param(const http::Request& request) {
  const std::string_view text = request.param("id");
  int64_t id = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool whole = code == std::errc() && end == text.data() + text.size();
  return whole && id > 0 ? id : 0;
}

void add_retry_headers(const Refusal& refusal, http::Response& response) {
  if (refusal.status != 503 && refusal.status != 504) return;
  response.headers.set("Retry-After", "1");
  if (refusal.not_executed) response.headers.set("X-Not-Executed", "1");
}

http::Response api_error(const Error& error) {
  const Refusal refusal = explain(error);
  nlohmann::json inner = {{"code", refusal.code}, {"message", refusal.message}};
  if (!refusal.field.empty()) inner["field"] = refusal.field;
  const nlohmann::json body = {{"error", inner}};
  http::Response response = http::json_response(refusal.status, jsonio::dump(body));
  add_retry_headers(refusal, response);
  return response;
}

}  // namespace multiaz::webnode
