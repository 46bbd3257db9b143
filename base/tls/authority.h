// A certificate authority of multiaz's own, and the certificates that it issues, with ECDSA over
// P-256.
//
// It is limited to names that have no owner (`.test`, `localhost`, 127.0.0.0/8) by a critical
// constraint, so a browser that trusts it can be deceived about no real site, not even by a thief
// of its key.
#pragma once

#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/tls/context.h"

namespace multiaz::tls {

constexpr long kAuthorityDays = 3650;
constexpr long kCertificateDays = 397;  // browsers take no longer ones

// A certificate that signs itself, and its key.
Result<Identity> make_authority(const std::string& common_name);

// A server's certificate for these names and IPv4 addresses; a name may begin with "*.". kInvalid
// names one that is no name or that the authority is not for. The subject is for people ("multiaz
// lb"): with the form of a name it would be held against the constraint.
Result<Identity> issue_certificate(const Identity& authority, const std::string& subject,
                                   const std::vector<std::string>& names);

// The first certificate of a PEM text, alone.
Result<std::string> first_certificate(const std::string& pem);

}  // namespace multiaz::tls
