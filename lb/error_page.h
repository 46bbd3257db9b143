// Answers that the load balancer gives itself.
#pragma once

#include <string>

namespace multiaz::lb {

enum class Executed {
  kNever,  // certain: no target has seen the request (X-Not-Executed: 1 says so)
  kMaybe,
};

// A whole answer: an HTML page with Server: awselb/2.0.
std::string error_answer(int status, bool keep_alive, bool head_request, Executed executed);

}  // namespace multiaz::lb
