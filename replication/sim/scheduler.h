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
    uint32_t slot = static_cast<uint32_t>(actions_.size());
    if (free_.empty()) {
      actions_.push_back(std::move(action));
    } else {
      slot = free_.back();
      free_.pop_back();
      actions_[slot] = std::move(action);
    }
    due_.push_back({now_ + delay, ++asked_, slot});
    std::push_heap(due_.begin(), due_.end(), later);
  }
  // Runs the next action if it is due before `end`; otherwise moves the time to `end`.
  bool run_one(Nanos end) {
    if (due_.empty() || due_.front().at > end) {
      now_ = std::max(now_, end);
      return false;
    }
    const Due due = due_.front();
    std::pop_heap(due_.begin(), due_.end(), later);
    due_.pop_back();
    CHECK(due.at >= now_);
    now_ = due.at;
    const auto action = std::move(actions_[due.slot]);
    actions_[due.slot] = nullptr;
    free_.push_back(due.slot);
    action();
    return true;
  }

 private:
  struct Due {  // small: the heap moves it a lot
    Nanos at;
    uint64_t order;
    uint32_t slot;
  };
  static bool later(const Due& a, const Due& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }
  Nanos now_ = 0;
  uint64_t asked_ = 0;
  std::vector<Due> due_;
  std::vector<std::function<void()>> actions_;
  std::vector<uint32_t> free_;
};

}  // namespace multiaz::replication::sim
