#include "lb/exchange.h"

#include <utility>

#include "base/core/clock.h"
#include "base/core/random.h"
#include "lb/node.h"
#include "lb/rewrite.h"
#include "lb/tunnel.h"

namespace multiaz::lb {

using wire::http::BodyKind;
using wire::http::Event;

namespace {
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
}

Exchange::Exchange(ClientLink& link)
    : link_(link),
      node_(link.node),
      request_(std::move(link.parser.head())),  // the parser needs only the numbers and flags of it
      answer_(link.conn) {
  const Classification found = classify(request_);
  if (found.desync != DesyncClass::kCompliant) ++node_.counters().desync_non_compliant;
  handling_ = handling_of(found.desync, node_.config().attributes.desync_mode);
  attempts_.idempotent = is_idempotent(request_.method) || node_.config().replay_any;
  expects_continue_ =
      request_.version_minor > 0 && request_.headers.has_token("Expect", "100-continue");
  entry_.created = link.request_since;
  entry_.created_wall_ms = link.request_wall_ms;
  entry_.client = link.conn.peer();
  entry_.listener = link.conn.local();
  entry_.tls = link.tls_facts();
  entry_.version_minor = request_.version_minor;
  entry_.classification = to_string(found.desync);
  entry_.classification_reason = found.reason;
  if (!node_.access_log()) return;
  entry_.method = request_.method;
  entry_.uri = request_.target;
  entry_.user_agent = std::string(request_.headers.find("User-Agent").value_or(""));
}

rt::Task<bool> Exchange::run() {
  ++node_.counters().requests;
  if (request_.body != BodyKind::kNone) {
    pump_.emplace(link_.conn, link_.parser, link_.watchdog,
                  node_.config().attributes.idle_timeout_ms,
                  attempts_.idempotent && node_.config().retries ? kBodyCopyBytesMax : 0);
  } else {
    const auto end = link_.parser.feed("");  // passes over the empty body, to the next request
    CHECK(end && end->event == Event::kComplete);
  }
  bool go_on = false;
  const int refused = handling_ == Handling::kBlock ? 400 : refusal_of(request_);
  if (refused != 0) {
    go_on = co_await answer_error(refused, Executed::kNever);
  } else {
    go_on = co_await act();
  }
  if (pump_ && pump_->state() == BodyState::kRunning) pump_->discard();
  co_await nursery_.join();
  co_return go_on;
}

rt::Task<bool> Exchange::forward() {
  if (!route_.group) {  // no group of the action has a weight
    const bool kept = co_await fail(503);
    co_return kept;
  }
  const std::string sticky = sticky_target();
  TargetGroup& group = route_.group->group();
  Passage passage;
  passage.client = link_.conn.peer();
  passage.listener = link_.conn.local();
  passage.tls = link_.tls_facts();
  passage.trace = fresh_trace_id(link_.request_wall_ms);
  passage.close_after = handling_ == Handling::kForwardAndClose;
  request_ = forwarded(std::move(request_), passage, route_.document->attributes);
  if (node_.access_log()) {
    entry_.trace = std::string(request_.headers.find("X-Amzn-Trace-Id").value_or(""));
    entry_.host = std::string(request_.headers.find("Host").value_or(""));
  }

  std::set<std::string> tried;
  Failure failure = Failure::kRefused;
  Verdict verdict;
  verdict.status = 503;
  while (true) {
    Moment at;
    if (group.draws()) at = {monotonic_now(), secret_u64()};
    auto choice = group.choose(sticky, tried, at);
    if (!choice && failure == Failure::kLost) {
      // There is no other target, so the same one is tried over a new connection.
      tried.clear();
      choice = group.choose(sticky, tried, at);
    }
    if (!choice) break;
    route_.stuck = choice->stuck;
    const bool first = attempts_.sends + attempts_.connects_failed == 0;
    if (first && !choice->stuck) ++node_.counters().non_sticky;
    const auto failed = co_await attempt(choice->id);
    if (!failed && response_.head().upgrade) {
      co_await relay_websocket();
      co_return false;
    }
    if (!failed) {
      const bool go_on = co_await relay();
      co_return go_on;
    }
    failure = *failed;
    verdict = after_failure(failure, attempts_);
    if (!verdict.again || !node_.config().retries || client_failed()) break;
    ++node_.counters().retries;
    tried.insert(choice->id);
    fresh_ = fresh_ || failure == Failure::kLost;
  }
  const bool go_on = co_await fail(verdict.status);
  co_return go_on;
}

// Returns when the head of the target's answer is there: nullopt, or the failure.
rt::Task<std::optional<Failure>> Exchange::attempt(std::string target) {
  auto opened = co_await route_.group->open(target, fresh_, link_.conn);
  if (!opened && opened.error().code == Code::kExhausted) co_return Failure::kShort;
  if (!opened) {
    ++attempts_.connects_failed;
    ++node_.counters().target_connect_errors;
    const bool timeout = opened.error().code == Code::kTimeout;
    co_return timeout ? Failure::kConnectTimeout : Failure::kRefused;
  }
  if (client_failed()) co_return Failure::kLost;
  upstream_ = std::move(*opened);
  ++attempts_.sends;
  entry_.target = upstream_->address();
  entry_.dispatched = monotonic_now();
  std::string head;
  wire::http::write_request_head(request_, head);
  upstream_->conn().send(head);
  if (pump_) begin_body();
  const auto failure = co_await read_response_head();
  if (!failure) co_return std::nullopt;
  if (pump_) {
    co_await pump_->detach();
    attempts_.body_consumed = pump_->consumed();
  }
  if (upstream_->client_left()) link_.conn.close(Code::kCancelled, "the client has left");
  upstream_.reset();
  co_return failure;
}

bool Exchange::client_failed() const {
  return link_.conn.closed() || (pump_ && pump_->state() > BodyState::kComplete);
}

void Exchange::begin_body() {
  if (expects_continue_) {
    link_.conn.send(kContinue);
    expects_continue_ = false;
  }
  pump_->attach(upstream_->conn());
  if (attempts_.sends == 1) nursery_.spawn("request body", pump_->run());
}

// The target's idle time-out runs only while the target has to answer.
void Exchange::listen_to_target() {
  if (pump_ && pump_->state() == BodyState::kRunning) return;
  upstream_->conn().deadline_in_ms(node_.config().attributes.idle_timeout_ms);
}

rt::Task<std::optional<Failure>> Exchange::read_response_head() {
  rt::Conn& conn = upstream_->conn();
  response_ = wire::http::ResponseParser(wire::http::Reading::kLenient);
  response_.expect(request_.method == "HEAD");
  bool silent = true;
  while (true) {
    const auto step = response_.feed(conn.peek());
    if (!step) co_return Failure::kBroken;
    silent = silent && step->consumed == 0;
    conn.consume(step->consumed);
    if (step->event == Event::kHead) {
      if (!acceptable(response_.head(), request_.upgrade)) co_return Failure::kBroken;
      if (response_.head().status >= 200 || response_.head().upgrade) break;
    }
    if (step->event == Event::kHead) relay_interim();
    if (step->event != Event::kNeedMore) continue;
    listen_to_target();
    const Status more = co_await conn.more();
    if (more) continue;
    if (more.error().code == Code::kTimeout) co_return Failure::kSilent;
    co_return silent ? Failure::kLost : Failure::kBroken;
  }
  entry_.answered = monotonic_now();
  entry_.target_status = response_.head().status;
  co_return std::nullopt;
}

// An interim response (103 Early Hints) passes, except 100 Continue, which the client has got.
void Exchange::relay_interim() {
  const wire::http::ResponseHead& head = response_.head();
  if (head.status == 100 || entry_.version_minor == 0) return;
  std::string interim;
  wire::http::write_response_head(returned(head, 1), interim);
  link_.conn.send(interim);
  entry_.sent_bytes += interim.size();
}

// Answers for the case that no target gave an answer.
rt::Task<bool> Exchange::fail(int status) {
  if (pump_ && pump_->state() == BodyState::kMalformed) status = 400;
  if (pump_ && pump_->state() == BodyState::kLost) status = link_.watchdog.fired() ? 408 : 400;
  if (link_.conn.closed()) {
    if (status != 408 && status != 400) status = 460;
    if (status == 460) ++node_.counters().clients_left;
    log_end(status);
    co_return false;
  }
  const Executed executed = attempts_.sends == 0 ? Executed::kNever : Executed::kMaybe;
  const bool go_on = co_await answer_error(status, executed);
  co_return go_on;
}

rt::Task<bool> Exchange::relay() {
  open_answer();
  if (pump_) pump_->answer_begun();
  const bool whole = co_await relay_body();
  const bool body_sent = !pump_ || pump_->state() == BodyState::kComplete;
  if (!whole) {
    // Part of the answer has been sent, so only a connection that ends early can tell the client.
    if (pump_) co_await pump_->detach();
    upstream_.reset();
    answer_.end_unfinished();
    log_end(entry_.target_status);
    co_return false;
  }
  if (pump_ && body_sent) pump_->release();
  if (pump_ && !body_sent) co_await pump_->detach();
  if (body_sent && may_keep_target()) upstream_->give_back();
  upstream_.reset();
  log_end(entry_.target_status);
  const bool body_over = co_await settle_request_body();
  // After chunks that other readers may cut differently, what follows may be no request.
  co_return body_over&& keep_ && !link_.parser.loose_chunks();
}

// The connection belongs to the target until it ends, and so does its line in the log.
rt::Task<void> Exchange::relay_websocket() {
  entry_.websocket = true;
  upstream_->become_tunnel();
  open_answer();
  const bool begun =
      co_await answer_.flush(upstream_->conn(), node_.config().attributes.idle_timeout_ms);
  Tunnel tunnel(link_.conn, upstream_->conn(), node_.config().attributes.idle_timeout_ms);
  if (begun) co_await tunnel.run();
  upstream_.reset();
  entry_.received_bytes += tunnel.from_client_bytes();
  entry_.sent_bytes += tunnel.from_target_bytes();
  log_end(entry_.target_status);
}

void Exchange::open_answer() {
  const int status = entry_.target_status;
  ++node_.counters().target_by_class[status < 600 ? status / 100 : 5];
  route_.group->group().count_answer(upstream_->target(), status);
  // Of the parser's head only numbers and flags are needed from now on.
  auto head = returned(std::move(response_.head()), entry_.version_minor);
  add_cookies(head.headers);
  if (attempts_.sends > 1) head.headers.add("X-Resent", "1");
  keep_ = may_keep_client() && head.body != BodyKind::kUntilClose;
  head.keep_alive = keep_;
  answer_.open(head);
}

rt::Task<bool> Exchange::relay_body() {
  rt::Conn& conn = upstream_->conn();
  while (true) {
    const auto step = response_.feed(conn.peek());
    if (!step) co_return false;
    answer_.append(step->body);
    conn.consume(step->consumed);
    bool over = step->event == Event::kComplete;
    if (!over && step->event != Event::kNeedMore && !answer_.full()) continue;
    if (over) answer_.finish();
    const bool flushed = co_await answer_.flush(conn, node_.config().attributes.idle_timeout_ms);
    if (!flushed) co_return false;
    if (over) co_return true;
    if (step->event != Event::kNeedMore) continue;
    listen_to_target();
    const Status more = co_await conn.more();
    if (more) continue;
    const auto ended = response_.finish();
    over = conn.at_eof() && !conn.closed() && ended && ended->event == Event::kComplete;
    if (over) answer_.finish();
    const bool ended_well = over && answer_.send_rest();
    co_return ended_well;
  }
}

// Reads the rest of an unwanted request body. False when the connection must end.
rt::Task<bool> Exchange::settle_request_body() {
  if (!pump_) co_return true;
  if (pump_->state() == BodyState::kRunning) {
    if (attempts_.sends == 0) nursery_.spawn("request body", pump_->run());
    pump_->discard();
    co_await nursery_.join();
  }
  co_return pump_->state() == BodyState::kComplete;
}

bool Exchange::may_keep_target() const {
  return request_.keep_alive && response_.head().keep_alive && response_.head().oddities.none() &&
         !response_.loose_chunks();
}

bool Exchange::may_keep_client() const {
  const Nanos age = monotonic_now() - link_.since;
  return link_.parser.head().keep_alive && handling_ == Handling::kForward &&
         !link_.accepted.draining && !link_.conn.closed() &&
         age < node_.config().attributes.client_keep_alive_ms * kMillisecond;
}

void Exchange::log_end(int status) {
  Counters& counters = node_.counters();
  entry_.sent_bytes += answer_.flushed_bytes();
  if (pump_) entry_.received_bytes = pump_->bytes_read();
  counters.received_bytes += entry_.received_bytes;
  counters.sent_bytes += entry_.sent_bytes;
  if (entry_.target_status == 0) {
    counters.elb_4xx += status >= 400 && status < 500 ? 1 : 0;
    counters.elb_5xx += status >= 500 ? 1 : 0;
    counters.elb_502 += status == 502 ? 1 : 0;
    counters.elb_503 += status == 503 ? 1 : 0;
    counters.elb_504 += status == 504 ? 1 : 0;
  }
  if (!node_.access_log()) return;
  entry_.elb_status = status;
  entry_.ended = monotonic_now();
  node_.access_log()->write(entry_);
}

}  // namespace multiaz::lb
