// How far behind are reads of a set that may come from a replica? Rows are only ever added, each
// with a value of its own, so a read that does not show a row whose addition was acknowledged
// before the read began is at least that much behind (Delta-staleness: Golab, Li, Shah, "Analyzing
// consistency properties for fun and profit", 2011). The result is exact for one clock.
#pragma once

#include "chaos/checkers/history.h"

namespace multiaz::chaos {

// The beginning of the keys under which reads from replicas are recorded.
constexpr std::string_view kReplicaKeys = "db:replica:";

struct Staleness {
  size_t reads = 0;                 // answered reads
  Nanos p50 = 0, p99 = 0, max = 0;  // how far behind; 0 = not at all
  // Rows that were seen before any client had begun to add them, and rows that were seen but that
  // the last read of the set (in `adds`, thus from the primary) does not have: a row that a replica
  // shows must stay.
  std::vector<Anomaly> anomalies;
};

// `adds` holds kAdd and reads of the primary, `reads` kReadSet; places of anomalies are in `reads`.
// Keys are compared without their beginnings up to the last ':', because readers of replicas have
// keys of their own.
Staleness judge_staleness(const History& adds, const History& reads);

}  // namespace multiaz::chaos
