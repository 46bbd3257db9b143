// Answers of redirect and fixed-response actions: a load balancer gives them without a target.
#pragma once

#include <string>

#include "base/elb/document.h"

namespace multiaz::lb {

// How the answer goes to this client.
struct AnswerForm {
  bool keep_alive = false;
  bool head_request = false;  // the body is left out
  bool old_client = false;    // HTTP/1.0
};

std::string redirect_answer(int status, const std::string& location, AnswerForm form);
std::string fixed_answer(const elb::FixedResponse& response, AnswerForm form);

}  // namespace multiaz::lb
