// The command line as a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace multiaz::cli {

struct Options {
  std::string verb;  // "up", "ps", "fault", ...
  std::string name;  // --name; "" for the only one, or the default
  bool json = false;

  // Options of up and plan.
  std::string file;  // cluster.toml
  std::string profile, bug, cache_engine, db_engine;
  std::string wait;   // "page" or "healthy"
  bool keep = false;  // up: keep the data at `down`; down: --keep-data
  int die_with = 0;

  // Options of orders.
  std::string target;       // kill stop cont restart logs
  std::string fault, a, b;  // fault KIND A B
  bool one_way = false;
  std::string delay, jitter, duration;  // "100ms", "5s"
  uint64_t amount = 0, percent = 0;  // fault; 0 takes the kind's default
  std::string point;
  std::vector<std::string> settings;  // fault --set: "percent=50"
  std::string id;  // heal ID; "" for all
  bool all = false;
  std::string group, to;        // failover; ca issue: --out
  bool force = false;           // failover
  std::string direction, zone;  // zone down|up ZONE; ca issue

  std::string route, body;  // an order to the API (scale, asg ..., deploy)
  bool follow = false;                        // events, logs; scale and deploy: wait
  uint64_t since = 0;                         // events
  std::vector<std::string> kinds, instances;  // events: only these; empty for all
  std::string level;                          // logs
  size_t lines = 0;  // logs; 0 for all
  bool env = false;                           // endpoints; ca: --print
  bool mermaid = false;                       // plan
  bool fix = false;                           // doctor
  std::vector<std::string> rest;  // demo, chaos, sim: passed on unchanged; ca issue
};

// Parses the command line; on --help or bad input it prints and returns the exit code.
struct Parsed {
  std::optional<int> exit_code;
  Options options;
};
Parsed parse_command_line(int argc, char** argv);

}  // namespace multiaz::cli
