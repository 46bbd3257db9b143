// A part of a history, with each operation's place in the whole: a checker looks at the part, and
// its findings are about the whole.
#pragma once

#include "chaos/checkers/history.h"

namespace multiaz::chaos {

struct Part {
  History history;
  std::vector<size_t> places;
};

// The operations for which wanted(operation) is true.
template <typename Wanted>
Part part_where(const History& history, Wanted wanted) {
  Part out;
  for (size_t i = 0; i < history.size(); ++i) {
    if (!wanted(history[i])) continue;
    out.history.push_back(history[i]);
    out.places.push_back(i);
  }
  return out;
}

// Anomalies found in the part, with their places in the whole.
inline std::vector<Anomaly> back_in_place(std::vector<Anomaly> anomalies, const Part& part) {
  for (Anomaly& one : anomalies) {
    for (size_t& place : one.places) place = part.places[place];
  }
  return anomalies;
}

}  // namespace multiaz::chaos
