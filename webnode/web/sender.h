// Which site's page sent a request, as far as the browser says so (Origin, RFC 6454; Fetch
// Metadata), and which client it is.
#pragma once

#include <string>

#include "base/http/message.h"

namespace multiaz::webnode {

enum class Sender {
  kOurs,     // a page of this host and port
  kUnknown,  // the request does not say: no browser, or not sent by a page
  kOthers,   // a page of another site, or of another port of this host
};
Sender sender_of(const http::Request& request);

// GET, HEAD and OPTIONS change nothing; every other method may change something.
bool may_change(const http::Request& request);

// The client's address for counting attempts. Behind a balancer it is the last address of
// X-Forwarded-For, which the balancer has seen; any client can write those before it.
std::string client_of(const http::Request& request, bool behind_balancer);

}  // namespace multiaz::webnode
