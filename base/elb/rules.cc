#include "base/elb/rules.h"

#include <algorithm>

#include "base/core/check.h"
#include "base/elb/pattern.h"
#include "base/wire/url.h"

namespace multiaz::elb {

namespace {

// "example.com:8080" without its port.
std::string_view without_port(std::string_view host) {
  const size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.ends_with(']')) return host;
  return host.substr(0, colon);
}

bool query_holds(const QueryPattern& wanted, std::string_view query) {
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    const size_t equals = pair.find('=');
    const std::string_view key = pair.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    const bool key_fits =
        wanted.key.empty() || matches(wanted.key, key, Case::kInsensitive, Escape::kBackslash);
    if (key_fits && matches(wanted.value, value, Case::kInsensitive, Escape::kBackslash)) {
      return true;
    }
  }
  return false;
}

bool header_holds(const Condition& condition, const wire::http::Headers& headers) {
  return std::ranges::any_of(headers, [&](const wire::http::Header& header) {
    if (!wire::http::same_text(header.name, condition.header)) return false;
    return std::ranges::any_of(condition.values, [&](const std::string& pattern) {
      return matches(pattern, header.value, Case::kInsensitive);
    });
  });
}

bool any_matches(const Condition& condition, std::string_view text, Case letters) {
  return std::ranges::any_of(condition.values, [&](const std::string& pattern) {
    return matches(pattern, text, letters);
  });
}

}  // namespace

RequestFacts facts_of(const wire::http::RequestHead& head, uint32_t client_ip) {
  RequestFacts out;
  out.method = head.method;
  out.headers = &head.headers;
  out.client_ip = client_ip;
  out.host = head.headers.find("Host").value_or("");
  const auto target = wire::split_target(head.target);
  if (target) {
    out.path = target->path.empty() ? std::string_view("/") : target->path;
    out.query = target->query;
    const std::string_view authority = target->authority;
    if (!authority.empty()) out.host = authority.substr(authority.rfind('@') + 1);
  }
  out.host = without_port(out.host);
  return out;
}

const Listener& listener_at(const Document& document, uint16_t port) {
  CHECK(!document.listeners.empty());
  const auto found = std::ranges::find(document.listeners, port, &Listener::port);
  return found == document.listeners.end() ? document.listeners.front() : *found;
}

bool holds(const Condition& condition, const RequestFacts& facts) {
  switch (condition.field) {
    case Field::kHostHeader: return any_matches(condition, facts.host, Case::kInsensitive);
    case Field::kPathPattern: return any_matches(condition, facts.path, Case::kSensitive);
    case Field::kHttpHeader: return facts.headers && header_holds(condition, *facts.headers);
    case Field::kMethod:
      return std::ranges::find(condition.values, facts.method) != condition.values.end();
    case Field::kQueryString:
      return std::ranges::any_of(condition.query, [&](const QueryPattern& wanted) {
        return query_holds(wanted, facts.query);
      });
    case Field::kSourceIp:
      return std::ranges::any_of(condition.sources, [&](const sg::Cidr& block) {
        return block.contains(facts.client_ip);
      });
  }
  return false;
}

Decision decide(const Document& document, uint16_t port, const RequestFacts& facts) {
  const Listener& listener = listener_at(document, port);
  const bool first = &listener == &document.listeners.front();
  const auto applies = [&](const Rule& rule) {
    const bool here = rule.listener_port == listener.port || (first && rule.listener_port == 0);
    return here && std::ranges::all_of(rule.conditions, [&](const Condition& condition) {
             return holds(condition, facts);
           });
  };
  const auto found = std::ranges::find_if(document.rules, applies);
  Decision out;
  out.action = &listener.action;
  if (found == document.rules.end()) return out;
  out.action = &found->action;
  out.priority = found->priority;
  return out;
}

const WeightedGroup* choose_group(const Forward& forward, std::string_view sticky, uint64_t draw) {
  uint64_t total = 0;
  for (const WeightedGroup& group : forward.groups) {
    if (group.weight > 0 && group.name == sticky) return &group;
    total += group.weight;
  }
  if (total == 0) return nullptr;
  uint64_t left = draw % total;
  for (const WeightedGroup& group : forward.groups) {
    if (left < group.weight) return &group;
    left -= group.weight;
  }
  return nullptr;
}

}  // namespace multiaz::elb
