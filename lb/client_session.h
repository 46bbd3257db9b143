// The connection of one client: request after request, each as an Exchange.
#pragma once

#include <optional>

#include "base/core/clock.h"
#include "base/http/acceptor.h"
#include "base/http/watchdog.h"
#include "base/rt/task.h"
#include "base/tls/session.h"
#include "base/wire/http_parser.h"

namespace multiaz::lb {

class Node;

// The client's side of an exchange.
struct ClientLink {
  ClientLink(Node& node, http::AcceptedConn& accepted);
  Node& node;
  http::AcceptedConn& accepted;
  rt::Conn& conn;
  wire::http::RequestParser parser{wire::http::Reading::kLenient};
  http::Watchdog watchdog;
  const std::optional<tls::Facts> tls;
  Nanos since;              // start of the connection
  Nanos request_since = 0;  // when the first byte of this request came
  int64_t request_wall_ms = 0;

  [[nodiscard]] const tls::Facts* tls_facts() const { return tls ? &*tls : nullptr; }
};

rt::Task<void> serve_client(Node& node, http::AcceptedConn& accepted);

}  // namespace multiaz::lb
