#include "base/http/client.h"

#include <algorithm>
#include <utility>

#include "base/core/clock.h"
#include "base/rt/conn.h"

namespace multiaz::http {

namespace {

using wire::http::BodyKind;
using wire::http::Event;

// At least 1, so that the connection's own deadline reports the time-out.
uint64_t left_ms(Nanos limit) {
  const Nanos now = monotonic_now();
  return now >= limit ? 1 : (limit - now) / kMillisecond + 1;
}

// A method or a header's name may be a user's: what is no token would be another request.
Status check_words(const Request& request) {
  if (!wire::http::is_token(request.method)) {
    return Error(Code::kInvalid, "\"" + request.method + "\" is no method of HTTP");
  }
  for (const wire::http::Header& header : request.headers) {
    if (wire::http::is_token(header.name)) continue;
    return Error(Code::kInvalid, "\"" + header.name + "\" is no name of a header");
  }
  return Status();
}

std::string bytes_of(rt::Address to, Request& request) {
  wire::http::RequestHead head;
  head.method = request.method;
  head.target = request.target;
  if (!request.headers.contains("Host")) head.headers.add("Host", to.text());
  for (const wire::http::Header& header : request.headers) {
    head.headers.add(header.name, header.value);
  }
  head.keep_alive = !head.headers.has_token("Connection", "close");
  const bool sends_body = !request.body.empty() || head.method == "POST" || head.method == "PUT" ||
                          head.method == "PATCH";
  head.body = sends_body ? BodyKind::kLength : BodyKind::kNone;
  head.content_length = request.body.size();
  std::string bytes;
  wire::http::write_request_head(head, bytes);
  bytes.append(request.body);
  return bytes;
}

}  // namespace

ResponseStream::ResponseStream(Pool& pool, rt::Address to, std::unique_ptr<rt::Conn> conn,
                               wire::http::Reading reading)
    : pool_(pool), to_(to), conn_(std::move(conn)), parser_(reading) {}

// Reads up to the head of the final response. `silent` becomes true when not one byte of an answer
// came.
rt::Task<Status> ResponseStream::read_head(bool& silent) {
  while (true) {
    auto step = parser_.feed(conn_->peek());
    if (!step) co_return Error(Code::kCorrupt, "malformed response: " + step.error().detail);
    if (step->consumed > 0) silent = false;
    conn_->consume(step->consumed);
    const int seen = parser_.head().status;
    if (step->event == Event::kHead && (seen >= 200 || seen == 101)) break;
    if (step->event != Event::kNeedMore) continue;
    const Status more = co_await conn_->more();
    if (!more) co_return more;
  }
  status = parser_.head().status;
  headers = std::move(parser_.head().headers);
  co_return Status();
}

rt::Task<Result<std::string>> ResponseStream::next(uint64_t timeout_ms) {
  if (over_) co_return std::string();
  conn_->deadline_in_ms(timeout_ms);
  while (true) {
    auto step = parser_.feed(conn_->peek());
    if (!step) co_return Error(Code::kCorrupt, "malformed response: " + step.error().detail);
    std::string piece(step->body);
    conn_->consume(step->consumed);
    if (!piece.empty()) co_return std::move(piece);
    if (step->event == Event::kComplete) break;
    const Status more = co_await conn_->more();
    if (more) continue;
    if (!conn_->at_eof() || conn_->closed()) co_return more.error();
    const auto ended = parser_.finish();
    if (!ended) co_return ended.error();
    break;
  }
  over_ = true;
  if (parser_.head().keep_alive) pool_.put(to_, std::move(conn_));
  conn_.reset();
  co_return std::string();
}

void ResponseStream::close() {
  if (conn_) conn_->close(Code::kCancelled, "closed here");
}

Client::Client(ClientConfig config)
    : config_(config), pool_(config.idle_per_address_max, config.idle_ms) {}

rt::Task<Result<Response>> Client::fetch(rt::Address to, Request request, uint64_t timeout_ms) {
  const Nanos limit = monotonic_now() + timeout_ms * kMillisecond;
  auto stream = co_await open(to, std::move(request), timeout_ms);
  if (!stream) co_return stream.error();
  Response response;
  response.status = (*stream)->status;
  response.headers = std::move((*stream)->headers);
  response.resent = (*stream)->resent;
  while (true) {
    auto piece = co_await (*stream)->next(left_ms(limit));
    if (!piece) co_return piece.error();
    if (piece->empty()) break;
    response.body.append(*piece);
    if (response.body.size() > config_.body_bytes_max) {
      co_return Error(Code::kLimit, "the response is too large");
    }
  }
  co_return std::move(response);
}

rt::Task<Result<std::unique_ptr<ResponseStream>>> Client::open(rt::Address to, Request request,
                                                               uint64_t timeout_ms) {
  const Nanos limit = monotonic_now() + timeout_ms * kMillisecond;
  const bool head_request = request.method == "HEAD";
  const Status sendable = check_words(request);
  if (!sendable) co_return sendable.error();
  const std::string bytes = bytes_of(to, request);
  auto reused = pool_.take(to);
  const bool sent_before = reused != nullptr;
  if (reused) {
    auto stream = std::make_unique<ResponseStream>(pool_, to, std::move(reused), config_.reading);
    bool silent = true;
    const Status answered = co_await stream->exchange(bytes, head_request, limit, silent);
    if (answered) co_return std::move(stream);
    const bool stale = silent && answered.error().code == Code::kClosed;
    if (!stale || !is_idempotent(request.method)) co_return answered.error();
  }
  auto fresh = co_await connect(to, left_ms(limit));
  if (!fresh && sent_before) {  // so nothing is definite any more
    co_return Error(Code::kClosed, "the connection was lost, and then: " + fresh.error().detail);
  }
  if (!fresh) co_return fresh.error();
  auto stream = std::make_unique<ResponseStream>(pool_, to, std::move(*fresh), config_.reading);
  bool silent = true;
  const Status answered = co_await stream->exchange(bytes, head_request, limit, silent);
  if (!answered) co_return answered.error();
  stream->resent = sent_before;
  co_return std::move(stream);
}

rt::Task<Status> ResponseStream::exchange(std::string_view bytes, bool head_request, Nanos limit,
                                          bool& silent) {
  conn_->deadline_in_ms(left_ms(limit));
  parser_.expect(head_request);
  // A failed write is no reason to give up: the server may have answered early and closed.
  (void)co_await conn_->write(bytes);
  const Status read = co_await read_head(silent);
  conn_->clear_deadline();
  co_return read;
}

rt::Task<Result<std::unique_ptr<rt::Conn>>> Client::connect(rt::Address to, uint64_t timeout_ms) {
  rt::ConnectOptions options;
  options.to = to;
  options.from = config_.from;
  options.timeout_ms = std::min(timeout_ms, config_.connect_ms);
  ++connects_;
  auto conn = co_await rt::connect_tcp(options);
  // Whatever the reason why the connect failed, nothing was sent: that is definite.
  if (!conn) {
    const bool ours = conn.error().code == Code::kExhausted;
    co_return Error(ours ? Code::kExhausted : Code::kUnavailable, conn.error().detail);
  }
  co_return conn;
}

}  // namespace multiaz::http
