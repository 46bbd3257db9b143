// Requests and responses as whole values: what handlers take and give, and what fetch() returns.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "base/rt/address.h"
#include "base/rt/task.h"
#include "base/wire/http.h"
#include "base/wire/url.h"

namespace multiaz::http {

using wire::FormPairs;
using wire::http::Headers;

class ResponseWriter;

struct Request {
  Request() = default;
  Request(std::string method, std::string target, std::string body = "");

  std::string method = "GET";
  std::string target = "/";  // as on the wire: path and query, percent-encoded
  Headers headers;
  std::string body;

  // The server fills these in; a client need not.
  std::string path = "/";  // percent-decoded once, without the query
  FormPairs query;         // decoded once
  FormPairs params;        // captures of the route's pattern (":id"), decoded once
  int version_minor = 1;
  rt::Address peer, local;

  // "" when absent.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  [[nodiscard]] std::string_view param(std::string_view name) const;
  [[nodiscard]] std::optional<std::string_view> cookie(std::string_view name) const;
  // The body as application/x-www-form-urlencoded; kInvalid when it is anything else.
  [[nodiscard]] Result<FormPairs> form() const;
  // Whether the client prefers JSON to text: Accept names it and does not name HTML first.
  [[nodiscard]] bool wants_json() const;
};

struct Response {
  // Writes the body piece by piece. The function object lives until its task has ended.
  using Stream = std::function<rt::Task<void>(ResponseWriter&)>;

  Response() = default;
  explicit Response(int status, std::string body = "",
                    std::string_view content_type = "text/plain; charset=utf-8");

  int status = 200;
  Headers headers;
  std::string body;
  Stream stream;       // when set, `body` is not used and the stream writes chunks
  bool close = false;  // close the connection afterwards
  // At the client: the request was sent twice, because the first connection was lost before an
  // answer. So a refusal (the line is not there) may be of the second, and the first was executed.
  bool resent = false;

  [[nodiscard]] std::string_view header(std::string_view name) const;
  [[nodiscard]] bool success() const { return status >= 200 && status < 300; }
  // The same response with one more header: `co_return json_response(200, text).with("ETag", tag);`
  Response with(std::string_view name, std::string_view value) &&;
};

Response text_response(int status, std::string text);
Response html_response(int status, std::string html);
Response json_response(int status, std::string json);
// The default is 303 See Other, for a form that was posted.
Response redirect_response(std::string_view location, int status = 303);
// An error in the form that the client prefers: {"status":404,"error":"Not Found","message":".."}
// or one line of text.
Response error_response(const Request& request, int status, std::string_view message = "");
// A response whose chunks come from `stream`: server-sent events, long downloads.
Response stream_response(std::string_view content_type, Response::Stream stream);

// GET, HEAD, OPTIONS, TRACE, PUT and DELETE have the same effect when they are sent twice.
bool is_idempotent(std::string_view method);

}  // namespace multiaz::http
