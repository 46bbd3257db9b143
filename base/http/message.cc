#include "base/http/message.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/core/jsonio.h"
#include "base/wire/cookie.h"

namespace multiaz::http {

namespace {

std::string_view find_or_empty(const Headers& headers, std::string_view name) {
  return headers.find(name).value_or("");
}

}  // namespace

Request::Request(std::string method_in, std::string target_in, std::string body_in)
    : method(std::move(method_in)), target(std::move(target_in)), body(std::move(body_in)) {}

std::string_view Request::header(std::string_view name) const {
  return find_or_empty(headers, name);
}

std::string_view Request::param(std::string_view name) const {
  return params.find(name).value_or("");
}

std::optional<std::string_view> Request::cookie(std::string_view name) const {
  for (const wire::http::Header& header : headers) {
    if (!wire::http::same_text(header.name, "Cookie")) continue;
    const auto found = wire::find_cookie(header.value, name);
    if (found) return found;
  }
  return std::nullopt;
}

Result<FormPairs> Request::form() const {
  const std::string_view type = header("Content-Type");
  const std::string_view media = wire::http::trimmed(type.substr(0, type.find(';')));
  if (!wire::http::same_text(media, "application/x-www-form-urlencoded")) {
    return Error(Code::kInvalid, "the body is not application/x-www-form-urlencoded");
  }
  return wire::parse_form(body);
}

bool Request::wants_json() const {
  const std::string_view accept = header("Accept");
  const size_t json = accept.find("application/json");
  return json != std::string_view::npos && json < accept.find("text/html");
}

Response::Response(int status_in, std::string body_in, std::string_view content_type)
    : status(status_in), body(std::move(body_in)) {
  if (!content_type.empty()) headers.add("Content-Type", content_type);
}

std::string_view Response::header(std::string_view name) const {
  return find_or_empty(headers, name);
}

Response Response::with(std::string_view name, std::string_view value) && {
  headers.add(name, value);
  return std::move(*this);
}

Response text_response(int status, std::string text) {
  return Response(status, std::move(text));
}

Response html_response(int status, std::string html) {
  return Response(status, std::move(html), "text/html; charset=utf-8");
}

Response json_response(int status, std::string json) {
  return Response(status, std::move(json), "application/json");
}

Response redirect_response(std::string_view location, int status) {
  return Response(status).with("Location", location);
}

Response error_response(const Request& request, int status, std::string_view message) {
  const std::string reason(wire::http::status_text(status));
  if (request.wants_json()) {
    nlohmann::ordered_json json;
    json["status"] = status;
    json["error"] = reason;
    json["message"] = std::string(message.empty() ? reason : message);
    // Messages may quote what a client sent, so this must not throw over its bytes.
    return json_response(status, jsonio::dump(json) + "\n");
  }
  std::string text = std::to_string(status) + " " + reason;
  if (!message.empty()) text.append(": ").append(message);
  return text_response(status, text + "\n");
}

Response stream_response(std::string_view content_type, Response::Stream stream) {
  Response response(200, "", content_type);
  response.headers.add("Cache-Control", "no-store");
  response.stream = std::move(stream);
  return response;
}

bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" ||
         method == "PUT" || method == "DELETE";
}

}  // namespace multiaz::http
