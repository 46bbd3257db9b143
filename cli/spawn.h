// How other programs are run: to their end, or detached.
#pragma once

#include <string>
#include <vector>

#include "base/core/result.h"

namespace multiaz::cli {

struct Captured {
  int exit_code = -1;  // -1 when killed by a signal
  std::string out, err;
};
// Runs a program to its end; blocks.
Result<Captured> run_captured(const std::vector<std::string>& argv);

// Starts a program in a session of its own, detached from this process, with stderr to a file, and
// waits for its first line on stdout. kTimeout after `timeout_ms`; kClosed when it ended without a
// line (the file has what it wrote to stderr).
Result<std::string> start_detached(const std::vector<std::string>& argv,
                                   const std::string& error_path, int timeout_ms);

}  // namespace multiaz::cli
