#include "chaos/browser.h"

#include <utility>

#include "base/core/clock.h"

namespace multiaz::chaos {

namespace {

// An answer counts as refused only when the request was certainly not executed.
Outcome meaning(const http::Response& response) {
  if (response.success()) return Outcome::kAcked;
  // When the request was sent twice, by this client or by the load balancer, the first one may have
  // been executed and the second refused for that very reason: the line is not there any more.
  if (response.resent || response.header("X-Resent") == "1") return Outcome::kInDoubt;
  if (response.status < 500) return Outcome::kRefused;
  if (response.header("X-Not-Executed") == "1") return Outcome::kRefused;
  // The load balancer itself answers 503 only when it had no target for the request.
  const bool balancer = response.header("Server") == "awselb/2.0";
  return response.status == 503 && balancer ? Outcome::kRefused : Outcome::kInDoubt;
}

// A server that answers 404 to one of the shop's own requests is not the shop. That a line or an
// order does not exist is an answer of the shop.
bool no_such_page(const Reply& reply) {
  if (reply.status == 405) return true;
  return reply.status == 404 && reply.body.find("\"no_") == std::string::npos;
}

}  // namespace

std::vector<Finding> found_in(const Reply& reply, std::vector<Finding> findings) {
  for (Finding& finding : findings) {
    finding.seen = reply.at;
    finding.told_by = reply.instance;
  }
  return findings;
}

rt::Task<Reply> Browser::exchange(std::string method, std::string target, std::string json,
                                  std::string idempotency_key) {
  http::Request request(method, target, json);
  request.headers.set("Host", "shop.multiaz.test");
  if (!json.empty()) request.headers.set("Content-Type", "application/json");
  if (!idempotency_key.empty()) request.headers.set("Idempotency-Key", idempotency_key);
  std::string cookie;
  for (const auto& [name, value] : cookies_)
    cookie += (cookie.empty() ? "" : "; ") + name + "=" + value;
  if (!cookie.empty()) request.headers.set("Cookie", cookie);
  request_bytes_ = method.size() + target.size() + sizeof " HTTP/1.1\r\n\r\n" + json.size();
  for (const wire::http::Header& header : request.headers) {
    request_bytes_ += header.name.size() + header.value.size() + sizeof ": \r\n" - 1;
  }
  auto response = co_await client_.fetch(shop_, std::move(request), kRequestTimeoutMs);
  Reply reply;
  reply.at = monotonic_now();
  if (!response) {
    reply.why = response.error().text();
    reply.outcome = http::definite(response.error()) ? Outcome::kRefused : Outcome::kInDoubt;
    co_return reply;
  }
  keep_cookies(*response);
  reply.instance = response->header("X-Instance");
  reply.status = response->status;
  reply.outcome = meaning(*response);
  reply.body = std::move(response->body);
  co_return reply;
}

rt::Task<Reply> Browser::send(Path path, std::string method, std::string target, std::string json,
                              std::string idempotency_key) {
  const Nanos late = std::exchange(due_, 0);
  const Nanos sent = late == 0 ? monotonic_now() : late;
  const bool reads = method == "GET";
  Reply reply = co_await exchange(std::move(method), std::move(target), std::move(json),
                                  std::move(idempotency_key));
  // Carts and orders work when a write to them is acknowledged: a read may need no primary.
  const bool proves = reply.outcome == Outcome::kAcked && (path == Path::kBrowse || !reads);
  const bool answered = reply.status != 0 && reply.status < 500 && !no_such_page(reply);
  timeline_.record(proves || !answered ? path : Path::kOther, sent, monotonic_now(), answered);
  co_return reply;
}

rt::Task<Reply> Browser::look(std::string target) {
  Reply reply = co_await exchange("GET", std::move(target), "", "");
  co_return reply;
}

void Browser::keep_cookies(const http::Response& response) {
  for (const wire::http::Header& header : response.headers) {
    if (!wire::http::same_text(header.name, "Set-Cookie")) continue;
    const std::string pair = header.value.substr(0, header.value.find(';'));
    const size_t equals = pair.find('=');
    if (equals == std::string::npos) continue;
    cookies_[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
}

}  // namespace multiaz::chaos
