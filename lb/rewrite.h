// Which changes a load balancer makes to requests and responses, and which ones it refuses. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/elb/attributes.h"
#include "base/rt/address.h"
#include "base/tls/session.h"
#include "base/wire/http.h"

namespace multiaz::lb {

// 0 to forward it, else the status of the refusal: 400 405 463.
int refusal_of(const wire::http::RequestHead& head);

// Whether the request opens a WebSocket (RFC 6455 4.1). Other protocols are not passed on,
// as with an ALB.
bool opens_websocket(const wire::http::RequestHead& head);

// False when the answer is 502: too large, or a switch to a protocol that was not asked for.
bool acceptable(const wire::http::ResponseHead& head, bool websocket_asked);

struct Passage {
  rt::Address client;
  rt::Address listener;             // the address the client connected to
  std::string trace;                // a new trace id: "1-67891233-abcdef012345678912345678"
  const tls::Facts* tls = nullptr;  // null without TLS
  bool close_after = false;         // the target is told to close (Handling::kForwardAndClose)
};
// The head that the target gets: without hop-by-hop headers and Expect, with a lower-case Host that
// has the listener's port unless that is 80 or 443, with X-Forwarded-For/-Proto/-Port and
// X-Amzn-Trace-Id, as HTTP/1.1, and absolute targets made relative. The attributes say what becomes
// of Host, X-Forwarded-For and headers with odd names, and whether X-Amzn-Tls-* is added.
wire::http::RequestHead forwarded(wire::http::RequestHead head, const Passage& passage,
                                  const elb::LoadBalancerAttributes& attributes = {});

// "Root=<fresh>", or "Self=<fresh>;Root=..." in front of the client's own header when that has a
// Root.
std::string trace_header(std::string_view sent, std::string_view fresh);
std::string fresh_trace_id(int64_t wall_ms);

// The head that the client gets: without hop-by-hop headers, and with framing that it can read.
wire::http::ResponseHead returned(wire::http::ResponseHead head, int client_version_minor);

}  // namespace multiaz::lb
