// Health of one endpoint as a Route 53 health check counts it: a number of failures in a row make
// it unhealthy, and as many passes in a row make it healthy again. A new endpoint counts as
// healthy.
#pragma once

namespace multiaz::dns {

class HealthCount {
 public:
  // True when the health changed.
  bool record(bool passed, unsigned threshold) {
    streak_ = passed == healthy_ ? 0 : streak_ + 1;
    if (streak_ < threshold) return false;
    healthy_ = passed;
    streak_ = 0;
    return true;
  }
  [[nodiscard]] bool healthy() const { return healthy_; }

 private:
  bool healthy_ = true;
  unsigned streak_ = 0;  // results in a row that contradict the present health
};

}  // namespace multiaz::dns
