// The certificate authority of this user: made at the first start, the same for all clusters, so
// that it has to be trusted once. Only the command line reads its key; a cluster gets certificates.
//
// It lies in $MULTIAZ_CA, else in ${XDG_STATE_HOME:-~/.local/state}/multiaz/ca, which is closed to
// others:
//   authority.pem  certificate and key, mode 0600      ca.pem  the certificate alone
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/tls/context.h"

namespace multiaz::cli {

struct Authority {
  tls::Identity identity;
  std::string certificate_path;  // "" when it is kept nowhere
};

// Reads it; makes it where there is none yet. kDenied when others could read or change it.
Result<Authority> user_authority();

// The secrets that hold certificates and keys of a cluster's tiers: "lb_certificate", "lb_key", and
// so on for db and cache. `octet` is C in 127.C.Z.N.
Result<std::map<std::string, std::string>> issue_for_cluster(const Authority& authority, int octet);

}  // namespace multiaz::cli
