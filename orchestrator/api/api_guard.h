// Who may speak to the API by which name. A browser sends what any page tells it to send, and a
// page's own name may lead to our address (DNS rebinding): so a request must call us by a name or
// an address of ours, and one that changes something must not come from another site's page.
#pragma once

#include <string_view>

#include "base/core/result.h"
#include "base/http/message.h"

namespace multiaz::orchestrator {

// The names by which a cluster may be called lie at and below this one; nobody can register it.
constexpr std::string_view kClusterOrigin = "multiaz.test";

// "localhost", an address of 127.0.0.0/8, [::1], multiaz.test and names below it; with any port,
// for ports are forwarded. kDenied says so.
Status check_host(std::string_view host);
// Of a request that changes something: no Origin, or the one that the request's own Host makes; no
// Sec-Fetch-Site, or "same-origin" or "none". kDenied.
Status check_origin(const http::Request& request);

// Environment values may be somebody's secrets: readers see their names, and this.
constexpr std::string_view kMasked = "***";

}  // namespace multiaz::orchestrator
