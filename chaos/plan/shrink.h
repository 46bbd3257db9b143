// Finds the smallest plan that still fails: faults are dropped, in halves first (delta debugging:
// Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002), then those
// that are left are made shorter. The caller runs one candidate after the other and tells the
// outcome. Pure.
#pragma once

#include <optional>

#include "chaos/plan/scenario.h"

namespace multiaz::chaos {

class Shrinker {
 public:
  explicit Shrinker(Scenario failing);
  // The next plan to try; nothing: the smallest is found.
  std::optional<Scenario> next();
  // Takes the outcome of the plan that next() gave.
  void told(bool fails);
  [[nodiscard]] const Scenario& smallest() const { return smallest_; }

 private:
  bool propose_drop();
  bool propose_shorter();

  Scenario smallest_;
  std::optional<Scenario> candidate_;
  size_t chunk_ = 0;      // so many faults are dropped at once; 0: no more are dropped
  size_t from_ = 0;       // the first fault to drop; later: the fault that is made shorter
  bool dropped_ = false;  // a fault was dropped in this pass over single faults
};

}  // namespace multiaz::chaos
