#include "base/http/request_reader.h"

#include <utility>

namespace multiaz::http {

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string timeout_answer() {
  const std::string text = "408 Request Timeout\n";
  return "HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\n"
         "Content-Length: " +
         std::to_string(text.size()) + "\r\nConnection: close\r\n\r\n" + text;
}

}  // namespace

RequestReader::RequestReader(AcceptedConn& accepted, const ServerConfig& config)
    : accepted_(accepted), config_(config), watchdog_(accepted.conn) {}

rt::Task<Result<Request>> RequestReader::next() {
  using wire::http::Event;
  rt::Conn& conn = accepted_.conn;
  request_ = Request();
  if (conn.peek().empty()) {
    accepted_.become_idle();
  } else {
    accepted_.become_busy();
  }
  watchdog_.arm(accepted_.idle() ? config_.idle_ms : config_.head_ms);
  while (true) {
    auto step = parser_.feed(conn.peek());
    if (!step) co_return refuse(parser_.error_status(), step.error().detail);
    const Status taken = take(*step);
    if (!taken) co_return taken.error();
    conn.consume(step->consumed);
    if (step->event == Event::kComplete) break;
    if (step->event == Event::kHead && request_.version_minor > 0 && conn.peek().empty() &&
        parser_.head().headers.has_token("Expect", "100-continue")) {
      conn.send(kContinue);
    }
    if (step->event != Event::kNeedMore) continue;
    const Status more = co_await await_bytes();
    if (!more) {
      watchdog_.disarm();  // an earlier answer may still be leaving
      co_return more.error();
    }
  }
  watchdog_.disarm();
  request_.peer = conn.peer();
  request_.local = conn.local();
  co_return std::move(request_);
}

rt::Task<Status> RequestReader::await_bytes() {
  const Status more = co_await accepted_.conn.more();
  if (more && accepted_.idle()) {
    accepted_.become_busy();
    watchdog_.arm(config_.head_ms, timeout_answer);
  }
  co_return more;
}

Status RequestReader::take(const wire::http::Step& step) {
  if (step.event == wire::http::Event::kHead) return take_head();
  if (step.event == wire::http::Event::kBody) {
    if (request_.body.size() + step.body.size() > config_.body_bytes_max) {
      return refuse(413, "at most " + std::to_string(config_.body_bytes_max) + " bytes");
    }
    request_.body.append(step.body);
  }
  return {};
}

Status RequestReader::take_head() {
  wire::http::RequestHead& head = parser_.head();
  request_.method = std::move(head.method);
  request_.target = std::move(head.target);
  request_.headers = head.headers;
  request_.version_minor = head.version_minor;
  keep_alive_ = head.keep_alive;
  const auto target = wire::split_target(request_.target);
  if (!target) return refuse(400, "bad request target");
  auto path = wire::percent_decode(target->path);
  if (!path) return refuse(400, "bad percent-coding in the path");
  auto query = wire::parse_form(target->query);
  if (!query) return refuse(400, "bad query: " + query.error().detail);
  request_.path = std::move(*path);
  request_.query = std::move(*query);
  if (!target->authority.empty()) request_.headers.set("Host", target->authority);
  if (config_.admit) early_answer_ = config_.admit(request_);
  if (early_answer_) return refuse(early_answer_->status, "not admitted");
  const bool has_length = head.body == wire::http::BodyKind::kLength;
  if (has_length && head.content_length > config_.body_bytes_max) {
    return refuse(413, "at most " + std::to_string(config_.body_bytes_max) + " bytes");
  }
  watchdog_.arm(config_.body_ms, timeout_answer);
  return {};
}

Error RequestReader::refuse(int status, std::string why) {
  refusal_ = status;
  keep_alive_ = false;
  watchdog_.disarm();
  return Error(Code::kInvalid, std::move(why));
}

}  // namespace multiaz::http
