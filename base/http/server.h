// HTTP/1.0 and 1.1 server: whole requests in, whole or streamed responses out.
//
//   Server server(config, [&shop](Request r) { return shop_routes(shop, std::move(r)); });
//   server.listen(std::move(listener));
//   co_await server.join();  // returns after drain() or stop()
//
// It keeps connections alive, answers pipelined requests in order, answers HEAD like GET without
// the body, and answers Expect: 100-continue. Its own refusals (400 408 413 414 431 501 505, and
// 503 when it is full) go through error_response(), and so does the 500 for a handler that throws.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/http/acceptor.h"
#include "base/http/message.h"
#include "base/rt/conn.h"
#include "base/rt/task.h"
#include "base/wire/http_parser.h"

namespace multiaz::http {

struct ServerConfig {
  size_t connections_max = 4096;    // fewer when the descriptors do not suffice
  size_t body_bytes_max = 1 << 20;  // of a request
  uint64_t idle_ms = 75'000;        // between requests; more than the load balancer's 60 s
  uint64_t head_ms = 10'000;        // from the first byte to the end of the head
  uint64_t body_ms = 30'000;        // for the whole body
  uint64_t write_ms = 30'000;       // longest time in which a client takes no byte of its answer
  std::string server_name = "multiaz";  // the Server header; "" for none
  // Judges a head before its body is read. When it returns a response, that is the answer and the
  // connection ends, so an untrusted client cannot make the server hold its body. Without this
  // function all bodies are read.
  std::function<std::optional<Response>(const Request& head)> admit;
};

struct ServerStats {
  uint64_t requests = 0;
  uint64_t by_class[6] = {};  // [2] = 2xx
  uint64_t exceptions = 0;    // handlers that threw; each was answered with 500
};

// The properties of a request that decide how its answer is written.
struct Answering {
  bool head_request = false;
  bool old_client = false;  // HTTP/1.0
  bool keep_alive = false;
};

class Server {
 public:
  // Must be a plain function that returns the handler's task: a lambda with co_await in it would be
  // destroyed before its frame.
  using Handler = std::function<rt::Task<Response>(Request)>;

  Server(ServerConfig config, Handler handler);

  void listen(std::unique_ptr<rt::Listener> listener) { acceptor_.listen(std::move(listener)); }
  void stop_listening() { acceptor_.stop_listening(); }
  void drain(DrainTimes times = DrainTimes()) { acceptor_.drain(times); }
  void stop() { acceptor_.stop(); }
  rt::Task<void> join() { return acceptor_.join(); }

  [[nodiscard]] size_t connections() const { return acceptor_.connections(); }
  [[nodiscard]] const ServerStats& stats() const { return stats_; }

 private:
  rt::Task<void> session(AcceptedConn& accepted);
  // The handler's answer; 500 when it throws.
  rt::Task<Response> handle(Request request);
  rt::Task<bool> answer(AcceptedConn& accepted, Request request, bool keep_alive);
  rt::Task<bool> send_whole(AcceptedConn& accepted, Response response, Answering how);
  rt::Task<bool> send_stream(AcceptedConn& accepted, Response response, bool chunked,
                             bool keep_alive);
  void decorate(Response& response);

  ServerConfig config_;
  Handler handler_;
  ServerStats stats_;
  Acceptor acceptor_;
};

}  // namespace multiaz::http
