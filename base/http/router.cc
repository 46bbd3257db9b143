#include "base/http/router.h"

#include <algorithm>
#include <optional>

namespace multiaz::http {

namespace {

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> segments;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (true) {
    const size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

struct Fit {
  std::string rank;  // one digit per segment, compared as text: literal < capture < rest
  FormPairs params;
};

std::optional<Fit> fit(std::string_view pattern, const std::vector<std::string_view>& path,
                       const std::vector<std::string>& decoded) {
  Fit out;
  const std::vector<std::string_view> wanted = split_path(pattern);
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].starts_with('*')) {
      std::string rest;
      for (size_t k = i; k < path.size(); ++k) rest.append(k > i ? "/" : "").append(decoded[k]);
      out.params.add(std::string(wanted[i].substr(1)), std::move(rest));
      out.rank.push_back('2');
      return out;
    }
    if (i >= path.size()) return std::nullopt;
    if (wanted[i].starts_with(':')) {
      if (decoded[i].empty()) return std::nullopt;
      out.params.add(std::string(wanted[i].substr(1)), decoded[i]);
      out.rank.push_back('1');
    } else if (wanted[i] == decoded[i]) {
      out.rank.push_back('0');
    } else {
      return std::nullopt;
    }
  }
  if (path.size() != wanted.size()) return std::nullopt;
  return out;
}

void add_allowed(std::string& allow, std::string_view method) {
  if (allow.find(method) != std::string::npos) return;
  allow.append(allow.empty() ? "" : ", ").append(method);
  if (method == "GET") add_allowed(allow, "HEAD");
}

}  // namespace

RouteMatch match_route(std::span<const RoutePattern> routes, std::string_view method,
                       std::string_view encoded) {
  RouteMatch match;
  const std::vector<std::string_view> path = split_path(encoded);
  std::vector<std::string> decoded;
  for (const std::string_view segment : path) {
    auto text = wire::percent_decode(segment);
    if (!text) return match;
    decoded.push_back(std::move(*text));
  }
  std::string best;
  for (size_t i = 0; i < routes.size(); ++i) {
    auto fitted = fit(routes[i].pattern, path, decoded);
    if (!fitted) continue;
    add_allowed(match.allow, routes[i].method);
    const bool exact = routes[i].method == method;
    if (!exact && !(method == "HEAD" && routes[i].method == "GET")) continue;
    const std::string rank = fitted->rank + (exact ? "0" : "1");
    if (match.index >= 0 && best <= rank) continue;
    best = rank;
    match.index = static_cast<int>(i);
    match.params = std::move(fitted->params);
  }
  return match;
}

Response no_route_response(const Request& request, const RouteMatch& match) {
  if (match.allow.empty()) return error_response(request, 404, "no such page: " + request.path);
  if (request.method == "OPTIONS") return Response(204, "", "").with("Allow", match.allow);
  return error_response(request, 405, "allowed: " + match.allow).with("Allow", match.allow);
}

std::string_view encoded_path(std::string_view target) {
  const auto split = wire::split_target(target);
  return split ? split->path : std::string_view();
}

}  // namespace multiaz::http
