// A scenario as a value: what runs, what its shoppers and probes do, which faults strike when, and
// what is claimed. scenario_file.h reads one from TOML. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/core/result.h"

namespace multiaz::chaos {

constexpr uint64_t kScenarioMsMax = 24 * 3600 * 1000;
constexpr size_t kFaultsPerScenarioMax = 64;

// When a fault strikes: at a time after the warm-up, or when something happens.
struct Trigger {
  uint64_t at_ms = 0;
  // An event of the control plane: "serving", "view", "exit", ...; "" = by time. `on` must be part
  // of the event's target ("db", "cache-a1"); the nth one since the warm-up counts.
  std::string event, on;
  // A named point inside the target (base/faults/kind.h); only kill and stop wait there.
  std::string point;
  uint64_t nth = 1;
};

struct FaultSpec {
  std::string name;  // for others to refer to; default "1", "2", ...
  std::string kind;  // base/faults/kinds.h
  std::string
      target;      // an instance, role, tier, zone, any:TIER, or "fault:NAME": what that one hit
  std::string to;  // the other end, of links
  uint64_t for_ms = 0;
  Trigger when;
  // It ends when this happens, at_ms after it struck at the earliest, and after for_ms anyway.
  Trigger until;
  std::map<std::string, uint64_t> figures;   // "delay_ms", "percent", ...: those of the kind
  std::map<std::string, std::string> words;  // "point", "group", "source", ...
};

// Before the load: an orderly failover of the group into the zone where that target is.
struct Prepare {
  std::string failover, into_zone_of;  // "cache", "db:primary"; "" = nothing
};

struct Workload {
  uint64_t shoppers = 60;        // sessions that wait for their answers (closed loop)
  uint64_t products = 1000;      // of those, from the first on: few make them hot
  uint64_t arrivals_per_s = 0;   // actions that come whatever happens (open loop)
  uint64_t named_visitors = 0;   // who ask the name server for the shop, as its TTL says
  uint64_t cache_registers = 4;  // keys, each with readers and writers straight at the cache
  uint64_t db_registers = 4;     // rows likewise
  uint64_t db_sets = 2;          // tables' worth of rows that are added to and read as a whole
  uint64_t db_cas = 1;           // rows that are changed by compare-and-set, and read
  uint64_t replica_readers = 2;  // clients that read those tables from the database's replicas
  uint64_t probes_per_key = 4;   // clients of each key
  uint64_t probe_pause_ms = 4;
  uint64_t tag = 0;  // part of the probes' keys: runs that follow on one cluster differ
  uint64_t warm_up_ms = 1500;
  uint64_t quiet_ms = 1000;  // after the last fault has healed and all is whole
  uint64_t recover_ms_max = 30'000;
};

// Beside what every run claims (chaos/run/judge.h). Absent = not claimed.
struct Bounds {
  std::map<std::string, uint64_t> outage_ms_max;  // by the word for a path
  std::map<std::string, uint64_t> limits;  // failed_requests_max, failovers_max, recovery_ms_max,
                                           // restarts_max, goodput_percent_min (judge/times.cc),
                                           // staleness_ms_max
};

struct Scenario {
  std::string name, title, about;
  std::string origin;    // how it was named on the command line
  std::string source;    // the file's text
  std::string topology;  // cluster.toml as text; "" = the default cluster
  uint64_t seed = 1;
  Prepare prepare;
  Workload workload;
  std::vector<FaultSpec> faults;
  std::vector<std::string> stop_when;  // names of stop conditions (checkers/stop_conditions.h)
  Bounds bounds;
};

}  // namespace multiaz::chaos
