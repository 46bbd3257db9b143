// One line of the cluster's event log.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/core/clock.h"

namespace multiaz::orchestrator {

struct Event {
  uint64_t seq = 0;
  Nanos t_ns = 0;  // CLOCK_MONOTONIC; 0 = now
  std::string wall;
  std::string source;  // "orchestrator", "supervisor", "api" or an instance
  std::string kind;    // one word: "exit", "start", "promote", "fault", ...
  std::string target;  // the subject: an instance, a group, a zone
  std::string zone;
  std::string text;
  std::map<std::string, std::string> fields;
};

}  // namespace multiaz::orchestrator
