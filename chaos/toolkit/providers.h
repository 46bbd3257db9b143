// Carries out one activity: a process or an HTTP request.
#pragma once

#include "base/rt/task.h"
#include "chaos/toolkit/experiment.h"

namespace multiaz::chaos {

struct Done {
  std::string status = "succeeded";  // or "failed"
  JsonText output = "null";
  std::string exception;               // why it failed
  int64_t began_ms = 0, ended_ms = 0;  // wall clock
};
rt::Task<Done> carry_out(Activity activity);

// Finds the program that a provider names as a shell does; kNotFound: there is none.
Result<std::string> find_program(const std::string& path);

}  // namespace multiaz::chaos
