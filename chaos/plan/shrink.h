// The smallest plan that still fails: faults are dropped, in halves first (delta debugging: Zeller
// and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002), then those that are
// left are made shorter. Asks for one candidate after the other and is told what became of it; who
// runs them is the caller's business. Pure.
#pragma once

#include <optional>

#include "chaos/plan/scenario.h"

namespace multiaz::chaos {

class Shrinker {
 public:
  explicit Shrinker(Scenario failing);
  // The next plan to try; nothing: the smallest is found.
  std::optional<Scenario> next();
  // Did what next() gave fail, too?
  void told(bool fails);
  [[nodiscard]] const Scenario& smallest() const { return smallest_; }

 private:
  bool propose_drop();
  bool propose_shorter();

  Scenario smallest_;
  std::optional<Scenario> candidate_;
  size_t chunk_ = 0;      // so many faults are dropped at once; 0: none any more
  size_t from_ = 0;       // the first of them; then: the fault that is made shorter
  bool dropped_ = false;  // one, in this round of single ones
};

}  // namespace multiaz::chaos
