#include "clients/cache_trust.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace multiaz::clients {

Result<std::shared_ptr<const tls::Context>> cache_trust(const CacheUrl& url) {
  if (!url.tls) return std::shared_ptr<const tls::Context>();
  if (url.ca_file.empty()) {
    return Error(Code::kInvalid, "cache URL: rediss:// needs ?ssl_ca_certs=FILE");
  }
  std::ifstream file(url.ca_file, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) {
    return Error(Code::kInvalid,
                 "cache URL: ssl_ca_certs: " + url.ca_file + ": " + strerror(errno));
  }
  auto context = tls::Context::client({text.str(), url.host, {}});
  if (!context) return Error(Code::kInvalid, "cache URL: ssl_ca_certs: " + context.error().detail);
  return context;
}

}  // namespace multiaz::clients
