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
  // REQUIRES: both outlive it.
  RequestReader(Guest& guest, const ServerConfig& config);

  // The next request. On error see refusal(); the connection is of no use afterwards.
  rt::Task<Result<Request>> next();
  // What to answer after an error; 0 = nothing (the client left, or was told 408 already).
  [[nodiscard]] int refusal() const { return refusal_; }
  // With a refusal: what ServerConfig::admit said; nothing when the refusal is the reader's own.
  [[nodiscard]] std::optional<Response>& early_answer() { return early_answer_; }
  // As much of the broken request as was understood.
  [[nodiscard]] const Request& partial() const { return request_; }
  // Whether the client wants to go on after this request.
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

 private:
  rt::Task<Status> await_bytes();
  Status take(const wire::http::Step& step);
  Status take_head();
  Error refuse(int status, std::string why);

  Guest& guest_;
  const ServerConfig& config_;
  wire::http::RequestParser parser_;
  Watchdog watchdog_;
  Request request_;
  std::optional<Response> early_answer_;
  int refusal_ = 0;
  bool keep_alive_ = false;
};

}  // namespace multiaz::http
