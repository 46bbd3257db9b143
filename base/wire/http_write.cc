#include <array>
#include <charconv>

#include "base/core/check.h"
#include "base/wire/http.h"

namespace multiaz::wire::http {
namespace {

struct StatusName {
  int status;
  std::string_view text;
};
constexpr StatusName kStatusNames[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {460, "Client Closed Connection"},
    {463, "Too Many Forwarded Addresses"},
    {464, "Incompatible Protocol Versions"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
    {561, "Unauthorized"},
};

void append_number(uint64_t value, int base, std::string& out) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  out.append(digits.data(), end);
}

// No byte of a value may end its line, because a header that came from a user must stay one header.
void append_value(std::string_view value, std::string& out) {
  const size_t start = out.size();
  out += value;
  for (size_t i = start; i < out.size(); ++i)
    if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0') out[i] = ' ';
}

void append_header(std::string_view name, std::string_view value, std::string& out) {
  CHECK_NOTE(is_token(name), name);
  out += name;
  out += ": ";
  append_value(value, out);
  out += "\r\n";
}

struct Framing {
  BodyKind body;
  uint64_t content_length;
  bool keep_alive;
  bool upgrade;
  bool says_keep_alive;
  bool keep_length;  // passes on Content-Length of `headers` although no body follows
};

void append_headers(const Headers& headers, const Framing& framing, std::string& out) {
  for (const auto& header : headers) {
    if (same_text(header.name, "Transfer-Encoding")) continue;
    if (same_text(header.name, "Content-Length") && !framing.keep_length) continue;
    if (same_text(header.name, "Connection") && !framing.upgrade) continue;
    append_header(header.name, header.value, out);
  }
  if (framing.body == BodyKind::kChunked) out += "Transfer-Encoding: chunked\r\n";
  if (framing.body == BodyKind::kLength) {
    out += "Content-Length: ";
    append_number(framing.content_length, 10, out);
    out += "\r\n";
  }
  if (framing.upgrade) {
    // In this case Connection stands among the headers already.
  } else if (!framing.keep_alive || framing.body == BodyKind::kUntilClose) {
    out += "Connection: close\r\n";
  } else if (framing.says_keep_alive) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

}  // namespace

std::string_view status_text(int status) {
  for (const auto& name : kStatusNames)
    if (name.status == status) return name.text;
  return "Unknown";
}

void write_request_head(const RequestHead& head, std::string& out) {
  CHECK_NOTE(is_token(head.method), head.method);
  out += head.method;
  out += ' ';
  // A space would end the target, so unlike in a value it is replaced as well.
  for (char c : head.target) {
    const bool plain = c > ' ' && c != 0x7f;
    if (plain || static_cast<unsigned char>(c) >= 0x80) {
      out += c;
    } else {
      out += "%20";
    }
  }
  out += head.version_minor == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
  const Framing framing{head.body,    head.content_length,     head.keep_alive,
                        head.upgrade, head.version_minor == 0, false};
  append_headers(head.headers, framing, out);
}

void write_response_head(const ResponseHead& head, std::string& out) {
  CHECK(head.status >= 100 && head.status <= 999);
  out += head.version_minor == 0 ? "HTTP/1.0 " : "HTTP/1.1 ";
  append_number(static_cast<uint64_t>(head.status), 10, out);
  out += ' ';
  append_value(head.reason.empty() ? status_text(head.status) : head.reason, out);
  out += "\r\n";
  const bool no_length = head.status < 200 || head.status == 204;
  const bool no_body = no_length || head.status == 304;
  const Framing framing{no_body ? BodyKind::kNone : head.body,
                        head.content_length,
                        head.keep_alive || head.status < 200,
                        head.upgrade,
                        head.version_minor == 0 || head.to_old_client,
                        !no_length && (no_body || head.body == BodyKind::kNone)};
  append_headers(head.headers, framing, out);
}

void write_chunk_size(size_t bytes, std::string& out) {
  CHECK(bytes > 0);
  append_number(bytes, 16, out);
  out += "\r\n";
}

void write_chunk(std::string_view data, std::string& out) {
  if (data.empty()) return;
  write_chunk_size(data.size(), out);
  out += data;
  out += kChunkEnd;
}

}  // namespace multiaz::wire::http
