// Which action a request gets: the rules of its listener, the lowest priority first, and the
// listener's default action last. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/elb/document.h"
#include "base/wire/http.h"

namespace multiaz::elb {

// Rules look at these facts. REQUIRES: what the views and the pointer refer to outlives them.
struct RequestFacts {
  std::string_view method;
  std::string_view host;         // without its port
  std::string_view path, query;  // as sent, percent-encoded
  const wire::http::Headers* headers = nullptr;
  uint32_t client_ip = 0;  // of the TCP connection, in host byte order
};

// The facts of a request. An authority in the target counts in place of the Host header.
// REQUIRES: the head outlives the facts.
RequestFacts facts_of(const wire::http::RequestHead& head, uint32_t client_ip);

// The listener of a connection: the one with that port, else the first.
const Listener& listener_at(const Document& document, uint16_t port);

struct Decision {
  const Action* action = nullptr;
  int priority = 0;  // of the rule that matched; 0 = the default action
};
// REQUIRES: the document has a listener and outlives the decision.
Decision decide(const Document& document, uint16_t port, const RequestFacts& facts);

bool holds(const Condition& condition, const RequestFacts& facts);

// The group for a request, by weight: `draw` is a random number. A sticky one keeps its group while
// that is one of the action's and has a weight. nullptr when no group has a weight.
const WeightedGroup* choose_group(const Forward& forward, std::string_view sticky, uint64_t draw);

}  // namespace multiaz::elb
