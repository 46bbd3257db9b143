// Exhaustive exploration of small worlds: a few events at one instant, and every order in which
// they and their consequences can happen: messages of different links and of the control plane,
// writes of logs and of views, deaths, requests. Links keep their own order. All delays are zero,
// so that everything between two ticks of the clocks happens "at once", in any order. Mistakes that
// need time to pass are left to the random runs.
//
// It is a stateless search with state matching, as in VeriSoft (Godefroid, 1997) and its
// successors: each run starts from the beginning and follows recorded choices, and a state that was
// reached before is not continued again (fingerprint.cc).
#pragma once

#include <string_view>

#include "replication/sim/world.h"

namespace multiaz::replication::sim {

// One small world, and the events in it.
struct SmallStory {
  std::string_view name;  // "primary-dies-3"
  std::string_view title;
  uint32_t members;
  Nanos window;                 // for so long after the beginning all orders are explored
  void (*begin)(World& world);  // schedules its events for now, or for the next view
  void (*before)(World& world) = nullptr;  // makes the events before the story
  bool at_next_view = false;               // begins when the next view is stored and not yet sent
  bool large = false;                      // takes minutes
};

const std::vector<SmallStory>& small_stories();

struct Exploration {
  uint64_t states = 0;  // the different states with more than one option
  uint64_t runs = 0;
  uint64_t ends = 0;         // runs that reached the end of the window and recovered
  uint32_t choices_max = 0;  // the most choices in one run
  bool complete = false;     // every order was tried; otherwise runs_max or a violation ended it
  Violation violation;
  std::string trace;  // of the violation
};

Exploration explore(const SmallStory& story, Bug bug, uint64_t runs_max = 5'000'000);

}  // namespace multiaz::replication::sim
