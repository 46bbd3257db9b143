#include "lb/rewrite.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/core/random.h"
#include "base/wire/url.h"
#include "lb/config.h"

namespace multiaz::lb {

namespace {

using wire::http::BodyKind;
using wire::http::Headers;

constexpr size_t kTraceBytesMax = 7 * 1024;
constexpr std::string_view kWebSocket = "websocket";
size_t forwarded_for_count(const Headers& headers) {
  size_t count = 0;
  for (const wire::http::Header& header : headers) {
    if (!wire::http::same_text(header.name, "X-Forwarded-For")) continue;
    count += 1 + static_cast<size_t>(std::ranges::count(header.value, ','));
  }
  return count;
}

// The size of the headers as they were sent: name, colon, space, value, line end.
size_t header_bytes(const Headers& headers) {
  size_t bytes = 0;
  for (const wire::http::Header& header : headers) {
    bytes += header.name.size() + header.value.size() + 4;
  }
  return bytes;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// All headers of that name as one list, as if they had been sent in one line.
std::string joined(const Headers& headers, std::string_view name) {
  std::string all;
  for (const wire::http::Header& header : headers) {
    if (!wire::http::same_text(header.name, name)) continue;
    all.append(all.empty() ? "" : ", ").append(header.value);
  }
  return all;
}

// To the next hop the connection asks for the protocol anew (RFC 9110 7.8).
void add_upgrade(Headers& headers) {
  headers.add("Upgrade", kWebSocket);
  headers.add("Connection", "Upgrade");
}

// "example.com" becomes "example.com:8080" where the listener's port is 8080; the default ports 80
// and 443 are left out.
std::string with_port(std::string host, uint16_t port) {
  const std::string suffix = ":" + std::to_string(port);
  const bool usual = port == 80 || port == 443;
  const size_t colon = host.rfind(':');
  const bool has_port = colon != std::string::npos && host.find(']', colon) == std::string::npos;
  if (usual && host.ends_with(suffix)) host.resize(host.size() - suffix.size());
  if (!usual && !has_port) host += suffix;
  return host;
}

void set_forwarded_for(Headers& headers, rt::Address client,
                       const elb::LoadBalancerAttributes& attributes) {
  constexpr std::string_view kName = "X-Forwarded-For";
  if (attributes.forwarded_for == elb::ForwardedForMode::kPreserve) return;
  if (attributes.forwarded_for == elb::ForwardedForMode::kRemove) {
    headers.remove(kName);
    return;
  }
  std::string path = joined(headers, kName);
  path.append(path.empty() ? "" : ", ");
  path.append(attributes.forwarded_for_port ? client.text() : client.ip_text());
  headers.set(kName, path);
}

void drop_odd_names(Headers& headers) {
  Headers kept;
  for (const wire::http::Header& header : headers) {
    const bool plain = std::ranges::all_of(header.name, [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '-';
    });
    if (plain) kept.add(header.name, header.value);
  }
  headers = std::move(kept);
}

void set_host(wire::http::RequestHead& head, const Passage& passage, bool preserve) {
  std::string host(head.headers.find("Host").value_or(""));
  const auto target = wire::split_target(head.target);
  if (target && !target->authority.empty()) {
    // The target's authority wins (RFC 9112 3.2.2) unless Host is preserved. User information is
    // meant for the client alone (RFC 9110 4.2.4), so it is not forwarded.
    if (!preserve || host.empty()) {
      host = std::string(target->authority.substr(target->authority.rfind('@') + 1));
    }
    std::string relative(target->path.empty() ? "/" : target->path);
    if (!target->query.empty()) relative.append("?").append(target->query);
    head.target = std::move(relative);
  }
  if (host.empty()) host = passage.listener.text();
  head.headers.remove("Host");
  head.headers.add_first("Host", preserve ? host : with_port(lower(host), passage.listener.port));
}

}  // namespace

int refusal_of(const wire::http::RequestHead& head) {
  if (head.method == "TRACE" || head.method == "CONNECT") return 405;
  const auto target = wire::split_target(head.target);
  if (!target) return 400;
  if (target->path == "*" && head.method != "OPTIONS") return 400;
  const size_t hosts = head.headers.count("Host");
  if (hosts > 1 || (hosts == 0 && head.version_minor > 0)) return 400;
  if (header_bytes(head.headers) > wire::http::kRequestHeadBytesMax) return 400;
  if (forwarded_for_count(head.headers) > kForwardedForMax) return 463;
  return 0;
}

bool opens_websocket(const wire::http::RequestHead& head) {
  return head.upgrade && head.method == "GET" && head.version_minor > 0 &&
         head.body == BodyKind::kNone && head.headers.count("Upgrade") == 1 &&
         wire::http::same_text(*head.headers.find("Upgrade"), kWebSocket);
}

bool acceptable(const wire::http::ResponseHead& head, bool websocket_asked) {
  if (header_bytes(head.headers) > wire::http::kResponseHeadBytesMax) return false;
  if (head.status != 101) return true;
  const auto protocol = head.headers.find("Upgrade");
  return websocket_asked && protocol && wire::http::same_text(*protocol, kWebSocket);
}

wire::http::RequestHead forwarded(wire::http::RequestHead head, const Passage& passage,
                                  const elb::LoadBalancerAttributes& attributes) {
  head.upgrade = opens_websocket(head);
  wire::http::remove_hop_by_hop(head.headers);
  if (head.upgrade) add_upgrade(head.headers);
  if (attributes.drop_invalid_header_fields) drop_odd_names(head.headers);
  set_host(head, passage, attributes.preserve_host_header);
  head.headers.remove("Expect");
  set_forwarded_for(head.headers, passage.client, attributes);
  head.headers.set("X-Forwarded-Proto", passage.tls ? "https" : "http");
  head.headers.set("X-Forwarded-Port", std::to_string(passage.listener.port));
  const std::string trace = trace_header(joined(head.headers, "X-Amzn-Trace-Id"), passage.trace);
  head.headers.set("X-Amzn-Trace-Id", trace);
  if (passage.tls && attributes.tls_headers) {
    head.headers.set("X-Amzn-Tls-Version", passage.tls->version);
    head.headers.set("X-Amzn-Tls-Cipher-Suite", passage.tls->cipher);
  }
  head.version_minor = 1;
  head.keep_alive = !passage.close_after;
  return head;
}

std::string trace_header(std::string_view sent, std::string_view fresh) {
  if (sent.empty() || sent.size() > kTraceBytesMax) return "Root=" + std::string(fresh);
  std::string kept;
  bool has_root = false;
  while (!sent.empty()) {
    const std::string_view field = wire::http::trimmed(sent.substr(0, sent.find(';')));
    sent.remove_prefix(std::min(
        sent.size(), sent.find(';') == std::string_view::npos ? sent.size() : sent.find(';') + 1));
    if (field.empty() || field.starts_with("Self=")) continue;
    has_root = has_root || field.starts_with("Root=");
    kept.append(";").append(field);
  }
  return (has_root ? "Self=" : "Root=") + std::string(fresh) + kept;
}

std::string fresh_trace_id(int64_t wall_ms) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id = "1-00000000-" + secret_hex(12);
  auto seconds = static_cast<uint32_t>(wall_ms / 1000);
  for (size_t i = 9; seconds != 0; --i, seconds /= 16) id[i] = kDigits[seconds % 16];
  return id;
}

wire::http::ResponseHead returned(wire::http::ResponseHead head, int client_version_minor) {
  wire::http::remove_hop_by_hop(head.headers);
  if (head.upgrade) add_upgrade(head.headers);
  head.version_minor = 1;
  head.to_old_client = client_version_minor == 0;
  const bool unsized = head.body == BodyKind::kChunked || head.body == BodyKind::kUntilClose;
  if (unsized) head.body = client_version_minor > 0 ? BodyKind::kChunked : BodyKind::kUntilClose;
  return head;
}

}  // namespace multiaz::lb
