// Whose page sent a request, as far as the browser says so (Origin, RFC 6454; Fetch Metadata), and
// which client it is.
#pragma once

#include <string>

#include "base/http/message.h"

namespace multiaz::webnode {

enum class Sender {
  kOurs,     // a page of this very host and port
  kUnknown,  // it does not say: no browser, or one that was not asked by a page
  kOthers,   // a page of another site, or of another port of this host
};
Sender sender_of(const http::Request& request);

// GET, HEAD and OPTIONS change nothing; every other method may.
bool may_change(const http::Request& request);

// The address that attempts are counted by. Behind a balancer it is what the balancer saw, the last
// of X-Forwarded-For; what stands before that anybody may have written.
std::string client_of(const http::Request& request, bool behind_balancer);

}  // namespace multiaz::webnode
