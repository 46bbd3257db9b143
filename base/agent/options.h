// The flags and environment that all daemons share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/agent/agent.h"
#include "base/core/result.h"
#include "base/rt/address.h"

namespace multiaz::agent {

struct DaemonOptions {
  std::string id, zone = "az-a";
  rt::Address self;  // --address and --port; the port defaults to the standard port of the tier
  std::optional<rt::Address> control;  // --control; absent when the daemon runs alone
  std::string data;                    // --data; "" keeps nothing on disk
  uint64_t launch = 0;                 // --launch
  std::string profile = "fast";        // --profile fast|aws
  std::string bug;                     // --bug NAME; "" for none
  std::string log_level = "info";      // --log-level
  // The next two come from the environment.
  std::string cluster = "standalone";  // MULTIAZ_CLUSTER
  std::string key_hex;                 // MULTIAZ_KEY, 64 hex digits
};

// A further long option of one daemon: either "--workers N", where `value` holds the default and
// then the result, or a word without a value ("--no-auth"), which sets `flag`.
struct ExtraOption {
  std::string name;  // "workers"
  std::string help;
  std::string* value = nullptr;
  bool* flag = nullptr;
};

// Parses long options and starts the log under the daemon's id. From here on all files that the
// daemon makes are its owner's alone (keep_files_private). On --help it prints the help and returns
// the exit code 0; on bad input it prints what was wrong and what is allowed, and returns 254
// (kInvalid).
struct ParsedOptions {
  std::optional<int> exit_code;  // when set, main() returns it at once
  DaemonOptions options;
};
ParsedOptions parse_options(int argc, char** argv, std::string tier, uint16_t port_default,
                            std::vector<ExtraOption> extra = {});

AgentConfig agent_config(const DaemonOptions& options, std::string tier);

// Prints the one JSON line on stdout that says that a daemon serves:
// {"ready":true,"id":..,"port":..}.
void print_ready(const DaemonOptions& options, std::string_view tier, rt::Address listening);

// Ends a start that failed: the message goes to stderr as `id: text`. Returns the exit code: 254
// for kInvalid, 1 otherwise.
int bad_start(const DaemonOptions& options, const Error& error);

// Ends a daemon whose storage failed, with exit code 1 and at once. No other member serves in its
// place before it is gone, and freeing its memory in good order may take a second.
[[noreturn]] void end_failed();

}  // namespace multiaz::agent
