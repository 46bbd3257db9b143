// Other programs: run to the end, or detached for good.
#pragma once

#include <string>
#include <vector>

#include "base/core/result.h"

namespace multiaz::cli {

struct Captured {
  int exit_code = -1;  // -1: killed by a signal
  std::string out, err;
};
// Runs a program to its end; blocks.
Result<Captured> run_captured(const std::vector<std::string>& argv);

// Starts a program in a session of its own, as nobody's child, with stderr to a file; waits for its
// first line on stdout. kTimeout after `timeout_ms`; kClosed when it ended without a word (what
// it said on stderr is in the file).
Result<std::string> start_detached(const std::vector<std::string>& argv,
                                   const std::string& error_path, int timeout_ms);

}  // namespace multiaz::cli
