// The record of one run, as values: enough to judge it again without the cluster. A run's folder
// holds it as files (chaos/run/run_folder.h). Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/core/clock.h"
#include "chaos/checkers/history.h"
#include "chaos/checkers/ledger.h"
#include "chaos/checkers/timeline.h"
#include "chaos/plan/roster.h"
#include "chaos/plan/scenario.h"

namespace multiaz::chaos {

// One process that is a target of a fault.
struct Hit {
  std::string id;
  int pid = 0;
  Nanos at = 0;           // when the system call had returned
  bool verified = false;  // seen in /proc: gone, or stopped
};

// The outcome of one planned fault; one line of faults.jsonl.
struct FaultRecord {
  FaultSpec spec;
  std::string owner;                 // of its orders to the control plane; unique for the fault
  std::vector<std::string> targets;  // before the first system call
  std::vector<Hit> hits;
  Nanos planned = 0, applied = 0, verified = 0, healed = 0;  // CLOCK_MONOTONIC; 0 = never
  bool bit = false;                                          // verified from outside
  std::string proof;                                         // how it was verified, or why not
  bool left_behind = false;  // it did not heal within a second of its end
};

// One scenario of a series on a running cluster: which faults of the record belong to it.
struct RoundRecord {
  std::string name;         // "" = the only one
  std::vector<Path> paths;  // paths of the shop that it hits
  size_t first = 0, faults = 0;
  // CLOCK_MONOTONIC: its load was steady, its first fault was injected, the cluster was healthy
  // again, and enough had been seen.
  Nanos from = 0, struck = 0, whole_at = 0, until = 0;
  bool whole = false;
};

// An event of the control plane; one line of events.jsonl.
struct Event {
  uint64_t seq = 0;
  Nanos at = 0;
  std::string kind, source, target, text;
};

// Every cart and every order, read again after the load ended and the cluster was healthy.
struct FinalReading {
  uint64_t carts = 0;       // sessions that ever had an acknowledged write
  uint64_t lost_carts = 0;  // certainly had lines, and none of them is there
  uint64_t acked_writes = 0;
  uint64_t lost_writes = 0;
  uint64_t in_doubt_writes = 0;
  uint64_t orders = 0;  // acknowledged
  uint64_t lost_orders = 0;
  uint64_t duplicate_orders = 0;
  uint64_t unread = 0;    // carts or order lists that could not be read: then nothing is proven
  uint64_t unjudged = 0;  // sessions whose login was in doubt
  std::vector<Finding> findings;
};

// A replication group's member at the end: the hash of its log at a position that it has in common
// with all others of its group; when there was none, at its last one.
struct MemberEnd {
  std::string group, id;
  uint64_t tail = 0, hash = 0;
  bool moved = false;  // while it was read: a client still writes
};

struct StockEnd {
  bool known = false;
  int64_t initial = 0, left = 0, ordered = 0, negative = 0;
};

// A product's stock as the shop shows it, compared with the database.
struct ShownEnd {
  uint64_t looked_at = 0;
  std::vector<std::string> wrong;  // "product 5 size M: 7 shown, 6 there"
};

// Reads through the cache in front of the database, of all web instances, since the sample before.
struct CacheReads {
  Nanos at = 0;
  uint64_t hits = 0, misses = 0;
};

// Names and numbers, in the order of a report; chaos/judge/judge.h explains them.
using Figures = std::vector<std::pair<std::string, uint64_t>>;

// The machine gave this program no time to run, so nothing was observed.
struct Standstill {
  Nanos from = 0, to = 0;
};

struct RunRecord {
  Scenario scenario;
  Roster roster;              // the planned instances when it began
  uint64_t load_planned = 0;  // shoppers, arrivals and visitors of the scenario's file
  std::string cluster;        // the cluster that ran already; "" = one of its own
  std::string mode = "run";   // "run", "control", "monkey"
  Nanos began = 0, load_from = 0, load_until = 0, whole_at = 0, ended = 0;
  std::string problem;  // why the run proves nothing; "" if it does
  std::string stopped;  // the stop condition that was met, and the observation; "" if none was
  bool healthy_before = false, whole_after = false, interrupted = false;
  bool clean = false;                // nothing was left behind
  std::vector<std::string> residue;  // the things left behind
  std::vector<std::string> alarms;   // lines in the logs: sanitizer reports, failed checks
  uint64_t logs_read = 0;            // logs of daemons
  History history;
  std::vector<Request> requests;
  std::vector<Event> events;
  std::vector<FaultRecord> faults;
  std::vector<RoundRecord> rounds;  // in the order of time; not part of a run's folder
  FinalReading reading;
  std::vector<Finding> stale_reads;     // and other wrong answers, seen while the load ran
  std::vector<CacheReads> cache_reads;  // in the order of time; none without such a cache
  std::vector<Standstill> standstills;  // while the load ran, in the order of time
  std::vector<MemberEnd> members;
  StockEnd stock;
  ShownEnd shown;
  Figures control;  // of the same run without its faults, when there was one
  // Why the folder that it was read from cannot be believed; "" if it can.
  std::string doubts;
};

}  // namespace multiaz::chaos
