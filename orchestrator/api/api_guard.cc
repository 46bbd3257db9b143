#include "orchestrator/api/api_guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

namespace multiaz::orchestrator {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

// "name:7070" -> "name"; "[::1]:7070" -> "[::1]". A port that is no number is not cut off, so that
// the result matches no allowed host.
std::string_view without_port(std::string_view host) {
  const size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.ends_with(']')) return host;
  const std::string_view port = host.substr(colon + 1);
  const bool digits =
      std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? host.substr(0, colon) : host;
}

bool is_loopback(const std::string& name) {
  in_addr address{};
  return inet_pton(AF_INET, name.c_str(), &address) == 1 &&
         (ntohl(address.s_addr) >> 24) == IN_LOOPBACKNET;
}

bool is_ours(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  return name == "localhost" || name == "[::1]" || is_loopback(name) || name == kClusterOrigin ||
         name.ends_with("." + std::string(kClusterOrigin));
}

}  // namespace

Status check_host(std::string_view host) {
  if (is_ours(lower(without_port(host)))) return Status();
  return Error(Code::kDenied, "the Host is '" + std::string(host) +
                                  "': this API answers to localhost, 127.x.y.z, [::1], " +
                                  std::string(kClusterOrigin) + " and names below that");
}

Status check_origin(const http::Request& request) {
  const std::string_view site = request.header("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none") {
    return Error(Code::kDenied, "Sec-Fetch-Site is '" + std::string(site) +
                                    "': only pages of this API itself may change something");
  }
  if (!request.headers.contains("Origin")) return Status();
  const std::string origin = lower(request.header("Origin"));
  if (origin == "http://" + lower(request.header("Host"))) return Status();
  return Error(Code::kDenied, "the Origin is '" + std::string(request.header("Origin")) +
                                  "': only pages of this API itself (http://" +
                                  std::string(request.header("Host")) + ") may change something");
}

}  // namespace multiaz::orchestrator
