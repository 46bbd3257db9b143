// Parses one complete head with llhttp, then applies the rules that decide where the message ends.
#include <llhttp.h>

#include <charconv>

#include "base/wire/http_parser.h"
#include "base/wire/http_straighten.h"

namespace multiaz::wire::http {
namespace {

// The data that llhttp's callbacks collect: views into the head.
struct Collected {
  std::string_view target, reason, name, value;
  Headers headers;
  bool too_many = false;
};

Collected& of(llhttp_t* parser) {
  return *static_cast<Collected*>(parser->data);
}

// A span may come in parts; they lie side by side, since no header is folded.
template <std::string_view Collected::*Field>
int append(llhttp_t* parser, const char* at, size_t length) {
  auto& view = of(parser).*Field;
  const char* const start = view.empty() ? at : view.data();
  view = std::string_view(start, static_cast<size_t>(at + length - start));
  return HPE_OK;
}

int on_header(llhttp_t* parser) {
  auto& collected = of(parser);
  collected.too_many = collected.headers.size() >= kHeaderCountMax;
  if (collected.too_many) return HPE_USER;
  collected.headers.add(collected.name, trimmed(collected.value));
  collected.name = collected.value = {};
  return HPE_OK;
}

// Stops llhttp at the end of the head: bodies are found by BodyDecoder.
int on_head(llhttp_t*) {
  return HPE_PAUSED;
}

llhttp_settings_t make_settings() {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_url = append<&Collected::target>;
  settings.on_status = append<&Collected::reason>;
  settings.on_header_field = append<&Collected::name>;
  settings.on_header_value = append<&Collected::value>;
  settings.on_header_value_complete = on_header;
  settings.on_headers_complete = on_head;
  return settings;
}

int status_of(llhttp_errno_t error) {
  switch (error) {
    case HPE_INVALID_VERSION: return 505;
    case HPE_INVALID_TRANSFER_ENCODING: return 501;
    default: return 400;
  }
}

// Runs llhttp over the head. On success `parser` holds method, status and version.
Status run(llhttp_type_t type, std::string_view bytes, Reading reading, llhttp_t& parser,
           Collected& collected, int& status) {
  static const llhttp_settings_t settings = make_settings();
  if (bytes.starts_with("PRI * HTTP/2.0\r\n")) {
    status = 505;
    return Error(Code::kInvalid, "HTTP/2 is not served");
  }
  llhttp_init(&parser, type, &settings);
  parser.data = &collected;
  // HeadBuffer has checked that there is neither NUL nor bare CR.
  if (reading == Reading::kLenient) llhttp_set_lenient_headers(&parser, 1);
  const auto error = llhttp_execute(&parser, bytes.data(), bytes.size());
  status = collected.too_many ? 431 : status_of(error);
  if (collected.too_many) return Error(Code::kLimit, "too many headers");
  if (error == HPE_OK) return Error(Code::kInvalid, "incomplete head");
  if (error != HPE_PAUSED) {
    const char* reason = llhttp_get_error_reason(&parser);
    const bool known = reason != nullptr && *reason != '\0';
    return Error(Code::kInvalid, known ? reason : llhttp_errno_name(error));
  }
  if (parser.http_major != 1 || parser.http_minor > 1) {
    status = 505;
    return Error(Code::kInvalid, "HTTP version is neither 1.0 nor 1.1");
  }
  return {};
}

// The body that the headers announce; kNone when they announce none.
struct Announced {
  BodyKind body = BodyKind::kNone;
  uint64_t length = 0;
};

Result<Announced> announced_body(const Headers& headers, bool chunks_allowed, int& status) {
  const size_t lengths = headers.count("Content-Length");
  const size_t codings = headers.count("Transfer-Encoding");
  status = 400;
  if (lengths > 1) return Error(Code::kInvalid, "more than one Content-Length");
  if (lengths > 0 && codings > 0)
    return Error(Code::kInvalid, "both Content-Length and Transfer-Encoding");
  if (codings > 0) {
    if (!chunks_allowed) return Error(Code::kInvalid, "Transfer-Encoding in HTTP/1.0");
    status = 501;
    if (codings > 1 || !same_text(*headers.find("Transfer-Encoding"), "chunked"))
      return Error(Code::kInvalid, "transfer coding other than chunked");
    return Announced{BodyKind::kChunked, 0};
  }
  if (lengths == 0) return Announced{};
  const auto text = *headers.find("Content-Length");
  uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  constexpr uint64_t kLengthMax = uint64_t{1} << 62;
  if (error != std::errc() || end != text.data() + text.size() || length > kLengthMax)
    return Error(Code::kInvalid, "Content-Length is not a number");
  return Announced{BodyKind::kLength, length};
}

bool keeps_alive(const Headers& headers, int version_minor) {
  if (headers.has_token("Connection", "close")) return false;
  return version_minor == 1 || headers.has_token("Connection", "keep-alive");
}

bool wants_upgrade(const Headers& headers) {
  return headers.contains("Upgrade") && headers.has_token("Connection", "upgrade");
}

Result<RequestHead> parse_request(std::string_view bytes, Reading reading, int& status) {
  llhttp_t parser;
  Collected collected;
  RequestHead head;
  auto parsed = run(HTTP_REQUEST, bytes, reading, parser, collected, status);
  if (!parsed) return parsed.error();
  auto body = announced_body(collected.headers, parser.http_minor > 0, status);
  if (!body) return body.error();
  status = 400;
  const size_t hosts = collected.headers.count("Host");
  if (hosts > 1) return Error(Code::kInvalid, "more than one Host");
  if (hosts == 0 && parser.http_minor == 1) return Error(Code::kInvalid, "Host is missing");

  head.method = llhttp_method_name(static_cast<llhttp_method_t>(parser.method));
  head.target = collected.target;
  head.version_minor = parser.http_minor;
  head.headers = std::move(collected.headers);
  head.keep_alive = keeps_alive(head.headers, head.version_minor);
  head.body = body->body;
  head.content_length = body->length;
  head.upgrade = wants_upgrade(head.headers) || head.method == "CONNECT";
  return head;
}

Result<ResponseHead> parse_response(std::string_view bytes, bool head_request, Reading reading,
                                    int& status) {
  llhttp_t parser;
  Collected collected;
  ResponseHead head;
  const bool lenient = reading == Reading::kLenient;
  auto parsed = run(HTTP_RESPONSE, bytes, reading, parser, collected, status);
  status = 502;
  if (!parsed) return parsed.error();
  if (parser.status_code < 100) return Error(Code::kInvalid, "status below 100");
  int ignored = 0;
  auto body = announced_body(collected.headers, lenient || parser.http_minor > 0, ignored);
  if (!body) return body.error();
  if (parser.http_minor == 0 && body->body == BodyKind::kChunked) {
    head.oddities.add(Oddity::kOldChunks);
  }

  head.status = parser.status_code;
  head.reason = collected.reason;
  head.version_minor = parser.http_minor;
  head.headers = std::move(collected.headers);
  head.keep_alive = keeps_alive(head.headers, head.version_minor);
  head.upgrade = head.status == 101;
  head.content_length = body->length;
  const bool no_body =
      head_request || head.status < 200 || head.status == 204 || head.status == 304;
  if (no_body) {
    head.body = BodyKind::kNone;
  } else {
    head.body = body->body == BodyKind::kNone ? BodyKind::kUntilClose : body->body;
  }
  if (head.body == BodyKind::kUntilClose) head.keep_alive = false;
  return head;
}

}  // namespace

Result<RequestHead> parse_request_head(std::string_view bytes, int& status, Reading reading) {
  if (reading == Reading::kStrict) return parse_request(bytes, reading, status);
  auto straight = straighten_request(bytes, status);
  if (!straight) return straight.error();
  auto head = parse_request(straight->text, Reading::kLenient, status);
  if (!head) return head;
  head->method = straight->method;
  head->upgrade = head->upgrade || head->method == "CONNECT";
  head->oddities.add(straight->oddities);
  return head;
}

Result<ResponseHead> parse_response_head(std::string_view bytes, bool head_request, int& status,
                                         Reading reading) {
  if (reading == Reading::kStrict) return parse_response(bytes, head_request, reading, status);
  auto straight = straighten_response(bytes, status);
  if (!straight) return straight.error();
  auto head = parse_response(straight->text, head_request, Reading::kLenient, status);
  if (head) head->oddities.add(straight->oddities);
  return head;
}

}  // namespace multiaz::wire::http
