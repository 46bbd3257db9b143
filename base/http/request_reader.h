// Reads the requests of one connection, one whole request after the other.
#pragma once

#include <optional>
#include <string>

#include "base/core/result.h"
#include "base/http/acceptor.h"
#include "base/http/message.h"
#include "base/http/server.h"
#include "base/http/watchdog.h"
#include "base/wire/http_parser.h"

namespace multiaz::http {

class RequestReader {
 public:
  // REQUIRES: the connection and the config outlive the reader.
  RequestReader(AcceptedConn& accepted, const ServerConfig& config);

  // The next request. After an error see refusal(); the connection is useless then.
  rt::Task<Result<Request>> next();
  // The status to answer with after an error; 0 means no answer (the client left, or got 408
  // already).
  [[nodiscard]] int refusal() const { return refusal_; }
  // The response of ServerConfig::admit when that refused; nullopt when the reader itself did.
  [[nodiscard]] std::optional<Response>& early_answer() { return early_answer_; }
  // The broken request as far as it was understood.
  [[nodiscard]] const Request& partial() const { return request_; }
  // Whether the client wants to keep the connection after this request.
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

 private:
  rt::Task<Status> await_bytes();
  Status take(const wire::http::Step& step);
  Status take_head();
  Error refuse(int status, std::string why);

  AcceptedConn& accepted_;
  const ServerConfig& config_;
  wire::http::RequestParser parser_;
  Watchdog watchdog_;
  Request request_;
  std::optional<Response> early_answer_;
  int refusal_ = 0;
  bool keep_alive_ = false;
};

}  // namespace multiaz::http
