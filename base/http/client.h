// HTTP/1.1 client with a pool of kept-alive connections for each address.
//
// Errors say what is known about the server's side:
//   kUnavailable            definite: not one byte of the request was sent
//   kExhausted              definite as well; this process is out of descriptors or ports
//   kTimeout, kClosed, ...  in doubt: the server may have executed the request
// A request is sent a second time only when it is idempotent, the connection was a reused one, and
// the connection closed before the first byte of an answer.
#pragma once

#include <memory>
#include <string>

#include "base/core/result.h"
#include "base/http/message.h"
#include "base/http/pool.h"
#include "base/rt/address.h"
#include "base/rt/task.h"
#include "base/wire/http_parser.h"

namespace multiaz::http {

constexpr uint64_t kFetchTimeoutMs = 10'000;

struct ClientConfig {
  rt::Address from;  // ip 0 = let the kernel choose
  uint64_t connect_ms = 1'000;
  // the longest time a pooled connection may have been idle when it is reused
  uint64_t idle_ms = 30'000;
  size_t idle_per_address_max = 64;
  size_t body_bytes_max = 16 << 20;  // bound on the body of a response; kLimit above it
  wire::http::Reading reading = wire::http::Reading::kStrict;
};

// A response whose body is read piece by piece.
class ResponseStream {
 public:
  ResponseStream(Pool& pool, rt::Address to, std::unique_ptr<rt::Conn> conn,
                 wire::http::Reading reading);
  int status = 0;
  Headers headers;
  bool resent = false;  // see Response::resent

  // The next piece as it arrived; "" at the end of the body. A pause longer than `timeout_ms` is
  // kTimeout.
  rt::Task<Result<std::string>> next(uint64_t timeout_ms);
  // Makes a waiting next() return kCancelled.
  void close();

 private:
  friend class Client;
  rt::Task<Status> exchange(std::string_view bytes, bool head_request, Nanos limit, bool& silent);
  rt::Task<Status> read_head(bool& silent);

  Pool& pool_;
  rt::Address to_;
  std::unique_ptr<rt::Conn> conn_;
  wire::http::ResponseParser parser_;
  bool over_ = false;
};

class Client {
 public:
  explicit Client(ClientConfig config);

  // Performs the whole exchange within `timeout_ms`.
  rt::Task<Result<Response>> fetch(rt::Address to, Request request,
                                   uint64_t timeout_ms = kFetchTimeoutMs);
  // Returns when the response's head has arrived, within `timeout_ms`; the body follows by next().
  // REQUIRES: the client outlives the stream.
  rt::Task<Result<std::unique_ptr<ResponseStream>>> open(rt::Address to, Request request,
                                                         uint64_t timeout_ms = kFetchTimeoutMs);
  // Closes the pooled connections to one address.
  void forget(rt::Address address) { pool_.drop(address); }
  [[nodiscard]] uint64_t connects() const { return connects_; }

 private:
  rt::Task<Result<std::unique_ptr<rt::Conn>>> connect(rt::Address to, uint64_t timeout_ms);

  ClientConfig config_;
  Pool pool_;
  uint64_t connects_ = 0;
};

// True when the request was certainly not executed.
inline bool definite(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kExhausted;
}

}  // namespace multiaz::http
