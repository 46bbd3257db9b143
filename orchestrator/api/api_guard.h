// By which names the API may be called, and from which pages. A browser sends what any page makes
// it send, and a page's own name may lead to the API's address (DNS rebinding). So a request must
// name one of the cluster's own names or addresses as its host, and one that changes something must
// not come from the page of another site.
#pragma once

#include <string_view>

#include "base/core/result.h"
#include "base/http/message.h"

namespace multiaz::orchestrator {

// The cluster's names are this one and those below it; ".test" cannot be registered.
constexpr std::string_view kClusterOrigin = "multiaz.test";

// Allowed hosts are "localhost", an address of 127.0.0.0/8, [::1], multiaz.test and names below it.
// Any port is allowed, because users forward ports. kDenied says so.
Status check_host(std::string_view host);
// Checks a request that changes something: it has no Origin, or the one that its own Host makes,
// and no Sec-Fetch-Site, or "same-origin" or "none". kDenied.
Status check_origin(const http::Request& request);

// Values of environments may be secrets, so readers see their names and this text.
constexpr std::string_view kMasked = "***";

}  // namespace multiaz::orchestrator
