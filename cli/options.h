// The command line as a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace multiaz::cli {

struct Options {
  std::string verb;  // "up", "ps", "fault", ...
  std::string name;  // --name; "" = the only one, or the default
  bool json = false;

  // up, plan
  std::string file;  // cluster.toml
  std::string profile, bug, cache_engine, db_engine;
  std::string wait;   // "page" or "healthy"
  bool keep = false;  // up: keep the data at `down`; down: --keep-data
  int die_with = 0;

  // orders
  std::string target;       // kill stop cont restart logs
  std::string fault, a, b;  // fault KIND A B
  bool one_way = false;
  std::string delay, jitter, duration;  // "100ms", "5s"
  uint64_t amount = 0, percent = 0;     // fault; 0 = the kind's default
  std::string point;
  std::string id;  // heal ID; "" = all
  bool all = false;
  std::string group, to;        // failover
  bool force = false;           // failover
  std::string direction, zone;  // zone down|up ZONE

  std::string route, body;        // an order of the API (scale, asg ..., deploy)
  bool follow = false;            // events, logs; scale and deploy: wait
  uint64_t since = 0;             // events
  std::string level;              // logs
  size_t lines = 0;               // logs; 0 = all
  bool env = false;               // endpoints
  bool mermaid = false;           // plan
  bool fix = false;               // doctor
  std::vector<std::string> rest;  // demo, chaos, sim: handed on as they are
};

// Parses; on --help or bad input prints and returns the exit code.
struct Parsed {
  std::optional<int> exit_code;
  Options options;
};
Parsed parse_command_line(int argc, char** argv);

}  // namespace multiaz::cli
