#include "base/http/server.h"

#include <utility>

#include "base/core/descriptors.h"
#include "base/core/exceptions.h"
#include "base/http/date.h"
#include "base/http/linger.h"
#include "base/http/request_reader.h"
#include "base/http/response_writer.h"

namespace multiaz::http {

namespace {

using wire::http::BodyKind;

std::string full_answer() {
  const std::string text = "503 Service Unavailable: too many connections\n";
  return "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
         "Content-Length: " +
         std::to_string(text.size()) + "\r\nConnection: close\r\n\r\n" + text;
}

bool forbids_body(int status) {
  return status < 200 || status == 204 || status == 304;
}

// The head of a response whose body is in memory; HEAD gets the length that GET would have.
wire::http::ResponseHead head_of(Response& response, const Answering& how) {
  wire::http::ResponseHead head;
  head.to_old_client = how.old_client;
  head.status = response.status;
  head.headers = std::move(response.headers);
  head.keep_alive = how.keep_alive;
  if (forbids_body(response.status)) {
    head.body = BodyKind::kNone;
  } else if (how.head_request) {
    head.body = BodyKind::kNone;
    if (!response.stream) head.headers.set("Content-Length", std::to_string(response.body.size()));
  } else {
    head.body = BodyKind::kLength;
    head.content_length = response.body.size();
  }
  return head;
}

}  // namespace

Server::Server(ServerConfig config, Handler handler)
    : config_(std::move(config)),
      handler_(std::move(handler)),
      acceptor_(clients_within(config_.connections_max), full_answer(),
                [this](AcceptedConn& accepted) { return session(accepted); }) {}

rt::Task<void> Server::session(AcceptedConn& accepted) {
  RequestReader reader(accepted, config_);
  bool go_on = true;
  while (go_on) {
    auto request = co_await reader.next();
    if (!request) {
      if (reader.refusal() == 0) break;
      Response refusal = reader.early_answer() ? std::move(*reader.early_answer())
                                               : error_response(reader.partial(), reader.refusal(),
                                                                request.error().detail);
      (void)co_await send_whole(accepted, std::move(refusal), Answering());
      break;
    }
    ++stats_.requests;
    go_on = co_await answer(accepted, std::move(*request), reader.keep_alive());
    // A client that reads slowly is still busy with its answer, so it is not idle.
    if (go_on && accepted.conn.pending_bytes() > 0) {
      const Status delivered = co_await deliver(accepted.conn, config_.write_ms);
      go_on = delivered.ok();
    }
  }
  co_await end_in_order(accepted, config_.write_ms);
}

// Returns whether the connection serves another request.
rt::Task<bool> Server::answer(AcceptedConn& accepted, Request request, bool keep_alive) {
  Answering how;
  how.head_request = request.method == "HEAD";
  how.old_client = request.version_minor == 0;
  Response response = co_await handle(std::move(request));
  how.keep_alive = keep_alive && !response.close && !accepted.draining;
  const bool streamed = response.stream && !how.head_request && !forbids_body(response.status);
  if (!streamed) {
    const bool sent = co_await send_whole(accepted, std::move(response), how);
    co_return sent&& how.keep_alive;
  }
  // An HTTP/1.0 client cannot read chunks: the end of the connection ends the body.
  const bool chunked = !how.old_client;
  keep_alive = how.keep_alive && chunked;
  const bool sent = co_await send_stream(accepted, std::move(response), chunked, keep_alive);
  co_return sent&& keep_alive;
}

rt::Task<Response> Server::handle(Request request) {
  const std::string what = request.method + " " + request.path;
  const std::string accept(request.header("Accept"));
  try {
    co_return co_await handler_(std::move(request));
  } catch (...) {
    caught_exception(what);
  }
  ++stats_.exceptions;
  Request asked;  // error_response() reads from it what the client accepts
  if (!accept.empty()) asked.headers.add("Accept", accept);
  co_return error_response(asked, 500,
                           "this request met an error in the server; its log says more");
}

void Server::decorate(Response& response) {
  ++stats_.by_class[response.status >= 100 && response.status < 600 ? response.status / 100 : 0];
  if (!response.headers.contains("Date")) response.headers.add("Date", http_date_now());
  if (!config_.server_name.empty() && !response.headers.contains("Server")) {
    response.headers.add("Server", config_.server_name);
  }
}

rt::Task<bool> Server::send_whole(AcceptedConn& accepted, Response response, Answering how) {
  decorate(response);
  const wire::http::ResponseHead head = head_of(response, how);
  std::string out;
  wire::http::write_response_head(head, out);
  if (head.body == BodyKind::kLength) out.append(response.body);
  const Status written = co_await write_all(accepted.conn, out, config_.write_ms);
  co_return written.ok();
}

rt::Task<bool> Server::send_stream(AcceptedConn& accepted, Response response, bool chunked,
                                   bool keep_alive) {
  decorate(response);
  wire::http::ResponseHead head;
  head.status = response.status;
  head.headers = std::move(response.headers);
  head.keep_alive = keep_alive;
  head.body = chunked ? BodyKind::kChunked : BodyKind::kUntilClose;
  std::string out;
  wire::http::write_response_head(head, out);
  if (!accepted.conn.send(out)) co_return false;
  ResponseWriter writer(accepted.conn, chunked, config_.write_ms, acceptor_.stopping());
  try {
    co_await response.stream(writer);
  } catch (...) {
    // The head has left already, so only a connection that ends early can tell the client of the
    // error.
    caught_exception("the stream of a response");
    ++stats_.exceptions;
    accepted.conn.abort(Code::kInternal, "an exception in the stream");
  }
  if (accepted.conn.closed()) co_return false;
  if (chunked) accepted.conn.send(wire::http::kLastChunk);
  co_return true;
}

}  // namespace multiaz::http
