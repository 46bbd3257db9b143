// Where a daemon's certificates come from: files that its flags name, or its environment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "base/tls/context.h"

namespace multiaz::tls {

// The flags --tls-cert and --tls-key: files in PEM form, as many of one as of the other, separated
// by commas. Empty for none. The error names flag and file.
Result<std::vector<Identity>> read_identities(std::string_view certificates, std::string_view keys);

// MULTIAZ_<TIER>_CERTIFICATE and MULTIAZ_<TIER>_KEY, which the control plane sets: one identity, or
// none.
std::vector<Identity> identity_of_tier(const std::string& tier);

}  // namespace multiaz::tls
