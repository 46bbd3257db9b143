// What a load balancer changes in requests and responses, and what it refuses. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/rt/address.h"
#include "base/wire/http.h"

namespace multiaz::lb {

// 0 = forward it; else the status to answer: 400 405 463.
int refusal_of(const wire::http::RequestHead& head);

// False: 502 (too large, or another protocol that nobody asked for).
bool acceptable(const wire::http::ResponseHead& head);

struct Passage {
  rt::Address client;
  rt::Address listener;  // the address the client connected to
  std::string trace;     // a new trace id: "1-67891233-abcdef012345678912345678"
};
// A head as the target gets it: hop-by-hop headers and Expect gone, Host lower-cased,
// X-Forwarded-For/-Proto/-Port and X-Amzn-Trace-Id added, HTTP/1.1, absolute targets made relative.
// The target is told to close after an ambiguous one.
wire::http::RequestHead forwarded(wire::http::RequestHead head, const Passage& passage);

// Whether servers disagree about where this request ends: a body on a method that has none, or a
// header that is nearly one of those that frame a body. It is passed on, and both connections are
// closed after it: what a server takes for a second request then belongs to nobody.
bool is_ambiguous(const wire::http::RequestHead& head);

// "Root=<fresh>", or "Self=<fresh>;Root=..." before what the client sent with a Root.
std::string trace_header(std::string_view sent, std::string_view fresh);
std::string fresh_trace_id(int64_t wall_ms);

// A head as the client gets it: hop-by-hop headers gone, framing that this client can read.
wire::http::ResponseHead returned(wire::http::ResponseHead head, int client_version_minor);

}  // namespace multiaz::lb
