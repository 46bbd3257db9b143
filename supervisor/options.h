// The supervisor's command line.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/core/result.h"
#include "base/rt/address.h"

namespace multiaz::supervisor {

struct Options {
  std::string name;  // name of the cluster, for the log
  std::string dir;  // the run folder, which holds supervisor.sock
  std::vector<std::pair<std::string, rt::Address>> listen;  // virtual endpoints, in order
  int die_with = 0;  // ends when this process is gone; 0 for none
  std::vector<std::string> orchestrator;  // argv of the orchestrator
};

// supervisor --dir DIR --name NAME [--listen ENDPOINT=ADDRESS:PORT]... [--die-with PID] -- ARGV...
// kInvalid names the option and what it takes.
Result<Options> parse_options(const std::vector<std::string>& arguments);

extern const char* const kUsage;

}  // namespace multiaz::supervisor
