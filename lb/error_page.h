// Answers that the load balancer makes itself.
#pragma once

#include <string>

namespace multiaz::lb {

enum class Executed {
  kNever,  // certain: no target's program saw the request (X-Not-Executed: 1 says so)
  kMaybe,
};

// A whole answer: HTML page, Server: awselb/2.0.
std::string error_answer(int status, bool keep_alive, bool head_request, Executed executed);

}  // namespace multiaz::lb
