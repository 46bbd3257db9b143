// Exhaustive exploration of small worlds: a few events at one instant, and every order in which
// they and all that follows can happen: messages of different links and of the control plane,
// writes of logs and of views, deaths, requests. Links keep their own order. All delays are zero,
// so that what lies between two ticks of the clocks happens "at once", in any order; mistakes that
// need time to pass are for the random runs to find.
//
// Stateless search with state matching, as VeriSoft (Godefroid, 1997) and its successors: each run
// starts from the beginning and follows recorded choices; a state that was reached before is not
// continued again (fingerprint.cc).
#pragma once

#include <string_view>

#include "replication/sim/world.h"

namespace multiaz::replication::sim {

// One small world, and what happens in it.
struct SmallStory {
  std::string_view name;  // "primary-dies-3"
  std::string_view title;
  uint32_t members;
  Nanos window;                            // how long after the beginning orders are explored
  void (*begin)(World& world);             // schedules its events for now, or for the next view
  void (*before)(World& world) = nullptr;  // what has happened before
  bool at_next_view = false;               // begins when the next view is stored, not yet told
  bool large = false;                      // takes minutes
};

const std::vector<SmallStory>& small_stories();

struct Exploration {
  uint64_t states = 0;  // different ones in which something could be chosen
  uint64_t runs = 0;
  uint64_t ends = 0;         // runs that got to the end of the window, and recovered
  uint32_t choices_max = 0;  // in one run
  bool complete = false;     // every order was tried; otherwise stopped by runs_max or a violation
  Violation violation;
  std::string trace;  // of the violation
};

Exploration explore(const SmallStory& story, Bug bug, uint64_t runs_max = 5'000'000);

}  // namespace multiaz::replication::sim
