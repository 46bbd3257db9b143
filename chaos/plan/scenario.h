// A scenario as a value: the cluster, the load of shoppers and probes, the faults with their
// triggers, and the claims. scenario_file.h reads one from TOML. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/core/result.h"

namespace multiaz::chaos {

constexpr uint64_t kScenarioMsMax = 24 * 3600 * 1000;
constexpr size_t kFaultsPerScenarioMax = 64;

// When a fault is injected: at a time after the warm-up, or when something happens.
struct Trigger {
  uint64_t at_ms = 0;
  // An event of the control plane: "serving", "view", "exit", ...; "" = by time. `on` must be part
  // of the event's target ("db", "cache-a1"); the nth one since the warm-up counts.
  std::string event, on;
  // A named point inside the target (base/faults/kind.h); only kill and stop wait for one.
  std::string point;
  uint64_t nth = 1;
};

struct FaultSpec {
  std::string name;    // other faults refer to it by this; default "1", "2", ...
  std::string kind;    // base/faults/kinds.h
  std::string target;  // an instance, role, tier, zone, any:TIER, or "fault:NAME": its targets
  std::string to;      // the other end, for faults of links
  uint64_t for_ms = 0;
  Trigger when;
  // The fault ends when this happens, at_ms after it began at the earliest, and after for_ms
  // anyway.
  Trigger until;
  std::map<std::string, uint64_t> figures;   // "delay_ms", "percent", ...: parameters of its kind
  std::map<std::string, std::string> words;  // "point", "group", "source", ...
};

// Before the load, an orderly failover moves the group's primary to the zone where that target is.
struct Prepare {
  std::string failover, into_zone_of;  // "cache", "db:primary"; "" = nothing
};

struct Workload {
  uint64_t shoppers = 60;        // sessions that wait for their answers (closed loop)
  uint64_t products = 1000;      // only the first ones are used: few make them hot
  uint64_t arrivals_per_s = 0;   // actions that do not wait for answers (open loop)
  uint64_t named_visitors = 0;   // they ask the name server for the shop and keep its TTL
  uint64_t cache_registers = 4;  // keys; each has clients that read and write it in the cache
  uint64_t db_registers = 4;     // the same with rows of the database
  uint64_t db_sets = 2;          // tables to which rows are added, and which are read as a whole
  uint64_t db_cas = 1;           // rows that are changed by compare-and-set, and read
  uint64_t replica_readers = 2;  // clients that read those tables from the database's replicas
  uint64_t probes_per_key = 4;   // clients of each key
  uint64_t probe_pause_ms = 4;
  uint64_t tag = 0;  // part of the probes' keys: successive runs on one cluster differ
  uint64_t warm_up_ms = 1500;
  uint64_t quiet_ms = 1000;  // after the last fault has healed and the cluster is healthy
  uint64_t recover_ms_max = 30'000;
};

// Bounds beside the claims of every run (chaos/judge/judge.h). Absent = not claimed.
struct Bounds {
  std::map<std::string, uint64_t> outage_ms_max;  // by the word for a path
  std::map<std::string, uint64_t> limits;  // failed_requests_max, failovers_max, recovery_ms_max,
                                           // restarts_max, goodput_percent_min (judge/times.cc),
                                           // staleness_ms_max
};

struct Scenario {
  std::string name, title, about;
  std::string origin;    // its name on the command line
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
