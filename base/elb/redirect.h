// Where a redirect action sends a client. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"
#include "base/elb/document.h"
#include "base/elb/rules.h"

namespace multiaz::elb {

constexpr size_t kLocationBytesMax = 8 * 1024;

// "https://example.com:443/shop?q=1": #{protocol}, #{host}, #{port}, #{path} (without its first
// '/') and #{query} are those of the request. kLimit when it is too long: the answer is 507.
// kInvalid when the request's host or path has a byte that no URL may have.
Result<std::string> location_of(const Redirect& redirect, const RequestFacts& facts,
                                std::string_view protocol, uint16_t port);

}  // namespace multiaz::elb
