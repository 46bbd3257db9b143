// The settings of a simulated world. A random run draws all of them from its seed; a scripted
// scenario sets them by hand, so that its trace is the same for ever.
#pragma once

#include <string>
#include <vector>

#include "base/core/random.h"
#include "replication/core/core.h"
#include "replication/core/manager.h"

namespace multiaz::replication::sim {

struct Span {  // a duration drawn evenly from [low, high]
  Nanos low = 0;
  Nanos high = 0;
  Nanos draw(Random& random) const { return low == high ? low : random.between(low, high); }
};

struct Settings {
  uint64_t seed = 1;
  Bug bug = Bug::kNone;
  Durability durability = Durability::kOs;
  uint32_t candidates = 3;
  uint32_t replicas = 0;  // permanent learners
  uint32_t min_in_sync = 1;
  Timings timings;
  // Clock rates in per mille of real time, one for each member; the documented bound is a ratio of
  // grace / lease between the fastest and the slowest.
  std::vector<uint32_t> clock_rates;
  Span link_delay{kMillisecond, kMillisecond};
  Span control_delay{kMillisecond, kMillisecond};
  Span write_delay{kMillisecond / 10, kMillisecond / 10};  // of the log file
  Span sync_delay{kMillisecond, kMillisecond};             // of fdatasync
  Span truncate_delay{0, 0};
  Span persist_delay{0, 0};  // of a view: later effects wait, later events do not
  // The time between an event and the end of its turn. Later events share the turn, and a state
  // that is behind applies a few records in each turn. 0: the turn ends at once, and applies all of
  // them.
  Span turn_delay{0, 0};
  uint32_t hold_chance = 0;     // per cent: after an append, another one is announced
  uint32_t rebuild_chance = 0;  // per cent: a state cannot roll back and is rebuilt
  Span client_pause{10 * kMillisecond, 20 * kMillisecond};  // between two operations of one client
  Nanos client_delay = kMillisecond / 5;                    // of a request, and of an answer
  uint32_t clients = 0;
  uint32_t batch_records_max = 16;
  uint32_t trim_chance = 0;       // per cent, at each second: a member trims its log
  uint32_t mid_effect_crash = 0;  // 1 in so many effects kills its process; 0: never
  bool trace = false;
  bool trace_events = false;  // every event and effect, not only moves
};

constexpr uint32_t kMembersMax = 8;
inline std::string member_name(uint32_t index) {
  return std::string(1, static_cast<char>('a' + index));
}

}  // namespace multiaz::replication::sim
