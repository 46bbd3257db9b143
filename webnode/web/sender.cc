#include "webnode/web/sender.h"

#include "base/wire/http_parser.h"

namespace multiaz::webnode {

namespace {

// "https://Shop.example" gives "shop.example:443"; a text that is no origin ("null") gives "".
std::string authority_of(std::string_view origin) {
  const size_t scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos) return "";
  const std::string_view scheme = origin.substr(0, scheme_end);
  std::string out;
  for (const char c : origin.substr(scheme_end + 3))
    out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  const bool port =
      out.find(':', out.find(']') == std::string::npos ? 0 : out.find(']')) != std::string::npos;
  if (!out.empty() && !port) out += scheme == "https" ? ":443" : ":80";
  return out;
}

bool is_host(const std::string& authority, std::string_view host) {
  if (authority.empty() || host.empty()) return false;
  // A host without a port has the port of the scheme with which the page was loaded.
  return authority == authority_of("http://" + std::string(host)) ||
         authority == authority_of("https://" + std::string(host));
}

}  // namespace

Sender sender_of(const http::Request& request) {
  const std::string_view site = request.header("Sec-Fetch-Site");
  const std::string_view origin = request.header("Origin");
  if (!site.empty() && site != "same-origin" && site != "none") return Sender::kOthers;
  if (!origin.empty()) {
    return is_host(authority_of(origin), request.header("Host")) ? Sender::kOurs : Sender::kOthers;
  }
  return site == "same-origin" ? Sender::kOurs : Sender::kUnknown;
}

bool may_change(const http::Request& request) {
  return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

std::string client_of(const http::Request& request, bool behind_balancer) {
  if (behind_balancer) {
    const std::string_view all = request.header("X-Forwarded-For");
    const size_t comma = all.rfind(',');
    const std::string_view last =
        wire::http::trimmed(comma == std::string_view::npos ? all : all.substr(comma + 1));
    constexpr size_t kAddressBytesMax = 64;
    if (!last.empty() && last.size() <= kAddressBytesMax) return std::string(last);
  }
  return request.peer.ip_text();
}

}  // namespace multiaz::webnode
