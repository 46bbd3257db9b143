// The trust of a client of the cache: its URL says whether to speak TLS, and which authorities
// count.
#pragma once

#include <memory>

#include "base/core/result.h"
#include "base/tls/context.h"
#include "clients/redis_codec.h"

namespace multiaz::clients {

// Null for a URL without TLS. The server's certificate must be for the URL's host, and of an
// authority in the file `ssl_ca_certs`; kInvalid names a file that cannot be read.
Result<std::shared_ptr<const tls::Context>> cache_trust(const CacheUrl& url);

}  // namespace multiaz::clients
