// Virtual time: what is due next, in order of time and then of asking.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "base/core/check.h"
#include "base/core/clock.h"

namespace multiaz::replication::sim {

class Scheduler {
 public:
  Nanos now() const { return now_; }
  void after(Nanos delay, std::function<void()> action) {
    due_.push_back(Due{now_ + delay, ++asked_, std::move(action)});
    std::push_heap(due_.begin(), due_.end(), later);
  }
  // Runs the next action if it is due before `end`; otherwise moves the time to `end`.
  bool run_one(Nanos end) {
    if (due_.empty() || due_.front().at > end) {
      now_ = std::max(now_, end);
      return false;
    }
    std::pop_heap(due_.begin(), due_.end(), later);
    Due due = std::move(due_.back());
    due_.pop_back();
    CHECK(due.at >= now_);
    now_ = due.at;
    due.action();
    return true;
  }

 private:
  struct Due {
    Nanos at;
    uint64_t order;
    std::function<void()> action;
  };
  static bool later(const Due& a, const Due& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }
  Nanos now_ = 0;
  uint64_t asked_ = 0;
  std::vector<Due> due_;
};

}  // namespace multiaz::replication::sim
