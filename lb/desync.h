// How ambiguous a request is, in the classes of ALB's desync mitigation
// (docs.aws.amazon.com/elasticloadbalancing, "Desync mitigation mode"), and what follows from it.
// Pure. A request that has no single meaning is refused by the parser (class severe).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/elb/attributes.h"
#include "base/wire/http.h"

namespace multiaz::lb {

enum class DesyncClass : uint8_t {
  kCompliant,
  kAcceptable,  // against RFC 9112, but every reader sees the same message
  kAmbiguous,   // readers may disagree about where it ends
};

struct Classification {
  DesyncClass desync = DesyncClass::kCompliant;
  std::string_view reason;  // as in the access log: "BothTeClPresent"; empty when compliant
  bool operator==(const Classification&) const = default;
};
// The worst of what is odd about the request.
Classification classify(const wire::http::RequestHead& head);
std::string_view to_string(DesyncClass desync);  // as in the access log; "-" when compliant

enum class Handling : uint8_t {
  kForward,
  kForwardAndClose,  // and nothing else passes over these two connections
  kBlock,            // 400, and the connection is closed
};
Handling handling_of(DesyncClass desync, elb::DesyncMode mode);

}  // namespace multiaz::lb
