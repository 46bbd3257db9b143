// What one run left behind, as values: enough to judge it again without the cluster. A run's folder
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

// One process that a fault was meant for.
struct Hit {
  std::string id;
  int pid = 0;
  Nanos at = 0;           // when the system call had returned
  bool verified = false;  // seen in /proc: gone, or stopped
};

// What became of one planned fault; one line of faults.jsonl.
struct FaultRecord {
  FaultSpec spec;
  std::string owner;                 // of what it orders from the control plane; nobody else's
  std::vector<std::string> targets;  // before the first system call
  std::vector<Hit> hits;
  Nanos planned = 0, applied = 0, verified = 0, healed = 0;  // CLOCK_MONOTONIC; 0 = never
  bool bit = false;                                          // proven from outside
  std::string proof;                                         // how, or why not
  bool left_behind = false;  // it did not heal within a second of its end
};

// One scenario of a series on a living cluster: which faults of the record are its own.
struct RoundRecord {
  std::string name;         // "" = the only one
  std::vector<Path> paths;  // of the shop, that it hits
  size_t first = 0, faults = 0;
  // CLOCK_MONOTONIC: its load was steady, its first fault struck, all was whole again, and enough
  // had been seen.
  Nanos from = 0, struck = 0, whole_at = 0, until = 0;
  bool whole = false;
};

// One of the control plane's events; one line of events.jsonl.
struct Event {
  uint64_t seq = 0;
  Nanos at = 0;
  std::string kind, source, target, text;
};

// Every cart and every order read again, when the shop was closed and the cluster whole.
struct FinalReading {
  uint64_t carts = 0;       // sessions that ever had an acknowledged write
  uint64_t lost_carts = 0;  // had lines for certain, and none of them is there
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

// Of a replication group's member, at the end: the hash of its log at a position that it has in
// common with all others of its group; where there was none, at its last one.
struct MemberEnd {
  std::string group, id;
  uint64_t tail = 0, hash = 0;
  bool moved = false;  // while it was looked at: somebody writes
};

struct StockEnd {
  bool known = false;
  int64_t initial = 0, left = 0, ordered = 0, negative = 0;
};

// What the shop shows of a product against what the database has.
struct ShownEnd {
  uint64_t looked_at = 0;
  std::vector<std::string> wrong;  // "product 5 size M: 7 shown, 6 there"
};

// Reads through the cache in front of the database, of all web instances, since the sample before.
struct CacheReads {
  Nanos at = 0;
  uint64_t hits = 0, misses = 0;
};

// Names and numbers, in the order of a report; what they are: chaos/judge/judge.h.
using Figures = std::vector<std::pair<std::string, uint64_t>>;

// The machine gave this program no time: what happened then was seen by nobody.
struct Standstill {
  Nanos from = 0, to = 0;
};

struct RunRecord {
  Scenario scenario;
  Roster roster;              // who was planned when it began
  uint64_t load_planned = 0;  // shoppers, arrivals and visitors of the scenario as it was written
  std::string cluster;        // the one that ran already; "" = one of its own
  std::string mode = "run";   // "run", "control", "monkey"
  Nanos began = 0, load_from = 0, load_until = 0, whole_at = 0, ended = 0;
  std::string problem;  // why the run proves nothing; "" if it does
  std::string stopped;  // the stop condition that was met, and what was seen; "" if none was
  bool healthy_before = false, whole_after = false, interrupted = false;
  bool clean = false;                // nothing was left behind
  std::vector<std::string> residue;  // what was
  std::vector<std::string> alarms;   // of the logs: sanitizer reports, failed checks
  uint64_t logs_read = 0;            // of daemons
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
  // Why its folder cannot be believed, when it was read from one; "" if it can.
  std::string doubts;
};

}  // namespace multiaz::chaos
