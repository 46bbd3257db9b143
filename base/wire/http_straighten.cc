#include "base/wire/http_straighten.h"

#include <algorithm>
#include <cstdio>

#include "base/wire/http.h"

namespace multiaz::wire::http {
namespace {

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the next line off `rest`, without its end.
std::string_view take_line(std::string_view& rest, Oddities& oddities) {
  const size_t lf = rest.find('\n');
  std::string_view line = rest.substr(0, lf);
  rest.remove_prefix(lf == std::string_view::npos ? rest.size() : lf + 1);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  } else {
    oddities.add(Oddity::kBareLf);
  }
  return line;
}

std::string_view take_first_line(std::string_view& rest, Oddities& oddities) {
  size_t empty = 0;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest, oddities);
    if (!line.empty()) return line;
    if (++empty == 2) oddities.add(Oddity::kLeadingLines);
  }
  return {};
}

// Bytes that have no place in a target, as percent-encodings. Those above ASCII are common and
// clear.
std::string encoded_target(std::string_view target, Oddities& oddities) {
  std::string out;
  for (const char c : target) {
    const bool plain = static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f;
    if (plain) {
      out.push_back(c);
      continue;
    }
    if (c == ' ' || c == '\t') oddities.add(Oddity::kSpaceInTarget);
    if (is_control(c)) oddities.add(Oddity::kControlInTarget);
    char hex[4];
    std::snprintf(hex, sizeof hex, "%%%02X", static_cast<unsigned char>(c));
    out.append(hex);
  }
  return out;
}

// "HTTP/1.0" and "HTTP/1.1" as they are, later ones of HTTP/1 as HTTP/1.1; "" for all others.
std::string_view version_1(std::string_view text, Oddities& oddities) {
  if (text == "HTTP/1.0" || text == "HTTP/1.1") return text;
  if (text.size() != 8 || !text.starts_with("HTTP/1.") || !is_digit(text[7])) return {};
  oddities.add(Oddity::kVersion);
  return "HTTP/1.1";
}

// Removes and notes the announcements of a body that add nothing to the others: lengths that are
// equal, a length beside chunks (RFC 9112 6.3), the coding "identity".
void straighten_framing(Headers& headers, Oddities& oddities) {
  if (headers.contains("Transfer-Encoding")) {
    const std::string_view coding = *headers.find("Transfer-Encoding");
    const bool chunked_too = same_text(coding, "identity, chunked");
    if (headers.count("Transfer-Encoding") == 1 && (chunked_too || same_text(coding, "identity"))) {
      oddities.add(Oddity::kIdentity);
      if (chunked_too) headers.set("Transfer-Encoding", "chunked");
      if (!chunked_too) headers.remove("Transfer-Encoding");
    }
  }
  if (headers.contains("Transfer-Encoding")) {
    if (headers.remove("Content-Length") > 0) oddities.add(Oddity::kLengthAndChunks);
    return;
  }
  if (headers.count("Content-Length") < 2) return;
  const std::string first(*headers.find("Content-Length"));
  for (const Header& header : headers) {
    if (same_text(header.name, "Content-Length") && header.value != first) return;
  }
  headers.set("Content-Length", first);
  oddities.add(Oddity::kEqualLengths);
}

void append_headers(std::string_view rest, Straightened& out) {
  Headers headers;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest, out.oddities);
    if (line.empty()) break;
    const std::string_view name = line.substr(0, line.find(':'));
    if (!is_token(name)) {
      out.oddities.add(Oddity::kDroppedHeader);
      continue;
    }
    const std::string_view value = trimmed(line.substr(name.size() + 1));
    if (std::ranges::any_of(value, is_control)) out.oddities.add(Oddity::kControlBytes);
    headers.add(name, value);
  }
  straighten_framing(headers, out.oddities);
  for (const Header& header : headers) {
    out.text.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  out.text.append("\r\n");
}

}  // namespace

Result<Straightened> straighten_request(std::string_view head, int& status) {
  Straightened out;
  const std::string_view line = take_first_line(head, out.oddities);
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  status = 400;
  if (first == std::string_view::npos || first == last) {
    return Error(Code::kInvalid, "the request line is not METHOD TARGET VERSION");
  }
  out.method = line.substr(0, first);
  if (!is_token(out.method)) return Error(Code::kInvalid, "the method is not a token");
  const std::string_view version = line.substr(last + 1);
  const std::string_view known = version_1(version, out.oddities);
  if (known.empty()) {
    status = version.starts_with("HTTP/") ? 505 : 400;
    return Error(Code::kInvalid, "HTTP version is neither 1.0 nor 1.1");
  }
  const std::string_view target = trimmed(line.substr(first + 1, last - first - 1));
  if (target.empty()) return Error(Code::kInvalid, "the target is empty");
  out.text = "POST " + encoded_target(target, out.oddities) + " " + std::string(known) + "\r\n";
  append_headers(head, out);
  return out;
}

Result<Straightened> straighten_response(std::string_view head, int& status) {
  Straightened out;
  std::string_view line = take_first_line(head, out.oddities);
  const std::string_view version = line.substr(0, line.find(' '));
  line.remove_prefix(version.size());
  status = 502;
  if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.' ||
      version[5] == '0' || !is_digit(version[5]) || !is_digit(version[7])) {
    return Error(Code::kInvalid, "the status line does not begin with HTTP/1.1");
  }
  const std::string_view known = version_1(version, out.oddities);
  // Servers that call their answers HTTP/2.0 on a connection of HTTP/1.1 mean HTTP/1.1.
  if (known.empty()) out.oddities.add(Oddity::kVersion);
  out.text = known.empty() ? "HTTP/1.1" : known;
  for (const char c : line) out.text.push_back(is_control(c) ? ' ' : c);
  out.text.append("\r\n");
  append_headers(head, out);
  return out;
}

}  // namespace multiaz::wire::http
