// This file has what an exchange does by the rules, and the answers that it gives itself.
#include <algorithm>

#include "base/core/random.h"
#include "base/elb/redirect.h"
#include "lb/exchange.h"
#include "lb/node.h"

namespace multiaz::lb {

// The rules are evaluated once for each request.
rt::Task<bool> Exchange::act() {
  route_.document = node_.document();
  const elb::RequestFacts facts = elb::facts_of(request_, link_.conn.peer().ip);
  route_.decision = elb::decide(*route_.document, link_.conn.local().port, facts);
  entry_.rule_priority = route_.decision.priority;
  const elb::Action& action = *route_.decision.action;
  bool go_on = false;
  if (const auto* to = std::get_if<elb::Redirect>(&action)) {
    go_on = co_await redirect(*to);
  } else if (const auto* fixed = std::get_if<elb::FixedResponse>(&action)) {
    entry_.action = "fixed-response";
    ++node_.counters().fixed_responses;
    const std::string answer = fixed_answer(*fixed, local_form());
    go_on = co_await answer_here(fixed->status, answer);
  } else {
    choose_group(std::get<elb::Forward>(action));
    go_on = co_await forward();
  }
  co_return go_on;
}

void Exchange::choose_group(const elb::Forward& action) {
  entry_.action = "forward";
  route_.keeps_group = action.stickiness_ms != 0;
  std::string sticky;
  if (route_.keeps_group) {
    sticky = node_.cookies().group_of(request_.headers, wall_now_ms(), action.stickiness_ms);
  }
  const uint64_t draw = action.groups.size() == 1 ? 0 : secret_u64();
  const elb::WeightedGroup* chosen = elb::choose_group(action, sticky, draw);
  if (!chosen) return;
  route_.group = node_.groups().find(chosen->name);
  entry_.group = chosen->name;
}

std::string Exchange::sticky_target() const {
  const elb::TargetGroupAttributes& how = route_.group->settings().attributes;
  if (!how.stickiness) return "";
  const int64_t now_ms = wall_now_ms();
  if (how.stickiness_type == elb::StickinessType::kLbCookie) {
    return node_.cookies().target_of(request_.headers, now_ms, how.lb_cookie_ms);
  }
  return node_.cookies().app_target_of(request_.headers, how.app_cookie_name, now_ms,
                                       how.app_cookie_ms);
}

void Exchange::add_cookies(wire::http::Headers& headers) {
  const elb::TargetGroupAttributes& how = route_.group->settings().attributes;
  const int64_t now_ms = wall_now_ms();
  if (route_.keeps_group) node_.cookies().add_group(headers, entry_.group, now_ms);
  if (!how.stickiness) return;
  if (how.stickiness_type == elb::StickinessType::kLbCookie) {
    node_.cookies().add_cookies(headers, upstream_->target(), now_ms);
    return;
  }
  // The target begins stickiness with a cookie of its own, of which only the name matters.
  const auto sets_it = [&how](const wire::http::Header& header) {
    return wire::http::same_text(header.name, "Set-Cookie") &&
           header.value.starts_with(how.app_cookie_name + "=");
  };
  if (route_.stuck || std::ranges::any_of(headers, sets_it)) {
    node_.cookies().add_app(headers, upstream_->target(), now_ms);
  }
}

rt::Task<bool> Exchange::redirect(const elb::Redirect& action) {
  elb::RequestFacts facts = elb::facts_of(request_, link_.conn.peer().ip);
  const std::string own_name = link_.conn.local().ip_text();  // for HTTP/1.0 without Host
  if (facts.host.empty()) facts.host = own_name;
  const auto location =
      elb::location_of(action, facts, link_.tls ? "https" : "http", link_.conn.local().port);
  bool go_on = false;
  if (!location) {
    const int status = location.error().code == Code::kLimit ? 507 : 400;
    go_on = co_await answer_error(status, Executed::kNever);
    co_return go_on;
  }
  entry_.action = "redirect";
  entry_.redirect_url = *location;
  ++node_.counters().redirects;
  const std::string answer = redirect_answer(action.status, *location, local_form());
  go_on = co_await answer_here(action.status, answer);
  co_return go_on;
}

AnswerForm Exchange::local_form() {
  keep_ = may_keep_client() && !client_failed() && !expects_continue_;
  AnswerForm form;
  form.keep_alive = keep_;
  form.head_request = request_.method == "HEAD";
  form.old_client = entry_.version_minor == 0;
  return form;
}

rt::Task<bool> Exchange::answer_error(int status, Executed executed) {
  // A client that waits for 100 Continue sends no body now, so the start of its next request would
  // be unknown.
  keep_ = may_keep_client() && !client_failed() && !expects_continue_ && status >= 500 &&
          entry_.version_minor > 0;
  const std::string answer = error_answer(status, keep_, request_.method == "HEAD", executed);
  const bool go_on = co_await answer_here(status, answer);
  co_return go_on;
}

rt::Task<bool> Exchange::answer_here(int status, std::string answer) {
  entry_.sent_bytes += answer.size();
  link_.conn.send(answer);
  log_end(status);
  if (!keep_) co_return false;
  const bool body_over = co_await settle_request_body();
  co_return body_over;
}

}  // namespace multiaz::lb
