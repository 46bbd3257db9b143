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

// The head of a response whose body is in memory; HEAD gets the length that GET would have got.
wire::http::ResponseHead head_of(Response& response, bool head_request, bool keep_alive) {
  wire::http::ResponseHead head;
  head.status = response.status;
  head.headers = std::move(response.headers);
  head.keep_alive = keep_alive;
  if (forbids_body(response.status)) {
    head.body = BodyKind::kNone;
  } else if (head_request) {
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
                [this](Guest& guest) { return session(guest); }) {}

rt::Task<void> Server::session(Guest& guest) {
  RequestReader reader(guest, config_);
  bool go_on = true;
  while (go_on) {
    auto request = co_await reader.next();
    if (!request) {
      if (reader.refusal() == 0) co_return;
      Response refusal = error_response(reader.partial(), reader.refusal(), request.error().detail);
      (void)co_await send_whole(guest, std::move(refusal), false, false);
      break;
    }
    ++stats_.requests;
    go_on = co_await answer(guest, std::move(*request), reader.keep_alive());
  }
  guest.idle = true;
  co_await linger(guest.conn);
}

// Whether the connection serves another request.
rt::Task<bool> Server::answer(Guest& guest, Request request, bool keep_alive) {
  const bool head_request = request.method == "HEAD";
  const int version_minor = request.version_minor;
  Response response = co_await handle(std::move(request));
  keep_alive = keep_alive && !response.close && !guest.draining;
  const bool streamed = response.stream && !head_request && !forbids_body(response.status);
  if (!streamed) {
    const bool sent = co_await send_whole(guest, std::move(response), head_request, keep_alive);
    co_return sent&& keep_alive;
  }
  // A client of 1.0 cannot read chunks: the end of the connection ends the body.
  const bool chunked = version_minor > 0;
  keep_alive = keep_alive && chunked;
  const bool sent = co_await send_stream(guest, std::move(response), chunked, keep_alive);
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
  Request asked;  // error_response() looks at what the client accepts
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

rt::Task<bool> Server::send_whole(Guest& guest, Response response, bool head_request,
                                  bool keep_alive) {
  decorate(response);
  const wire::http::ResponseHead head = head_of(response, head_request, keep_alive);
  std::string out;
  wire::http::write_response_head(head, out);
  if (head.body == BodyKind::kLength) out.append(response.body);
  guest.conn.deadline_in_ms(config_.write_ms);
  const Status written = co_await guest.conn.write(out);
  guest.conn.clear_deadline();
  co_return written.ok();
}

rt::Task<bool> Server::send_stream(Guest& guest, Response response, bool chunked, bool keep_alive) {
  decorate(response);
  wire::http::ResponseHead head;
  head.status = response.status;
  head.headers = std::move(response.headers);
  head.keep_alive = keep_alive;
  head.body = chunked ? BodyKind::kChunked : BodyKind::kUntilClose;
  std::string out;
  wire::http::write_response_head(head, out);
  if (!guest.conn.send(out)) co_return false;
  ResponseWriter writer(guest.conn, chunked, config_.write_ms, acceptor_.stopping());
  try {
    co_await response.stream(writer);
  } catch (...) {
    // The head has left already: only a connection that ends early can say that something is wrong.
    caught_exception("the stream of a response");
    ++stats_.exceptions;
    guest.conn.close(Code::kInternal, "an exception in the stream");
  }
  if (guest.conn.closed()) co_return false;
  if (chunked) guest.conn.send(wire::http::kLastChunk);
  co_return true;
}

}  // namespace multiaz::http
