// Virtual time: it runs actions in order of time and then of scheduling. A chooser may change the
// order of the actions that are due at one instant (explore.h).
#pragma once

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "base/core/check.h"
#include "base/core/clock.h"

namespace multiaz::replication::sim {

class Scheduler {
 public:
  Nanos now() const { return now_; }
  using Ticket = int64_t;
  Ticket after(Nanos delay, std::function<void()> action) {
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
    return asked_;
  }
  void cancel(Ticket ticket) {
    const auto found = std::find_if(due_.begin(), due_.end(),
                                    [ticket](const Due& due) { return due.order == ticket; });
    if (found == due_.end()) return;
    actions_[found->slot] = nullptr;
    free_.push_back(found->slot);
    due_.erase(found);
    std::make_heap(due_.begin(), due_.end(), later);
  }
  // Gets the number of actions that are due at one instant, in the order of scheduling, and returns
  // the one to run. Without a chooser the first one runs.
  using Chooser = std::function<uint32_t(uint32_t options)>;
  void choose_with(Chooser chooser) { chooser_ = std::move(chooser); }
  bool choosing() const { return chooser_ != nullptr; }
  uint32_t choose(uint32_t options) {
    if (options <= 1) return 0;
    const uint32_t chosen = chooser_(options);
    ++chosen_;
    return chosen;
  }
  uint64_t chosen() const { return chosen_; }  // within the running action
  void stop() { stopped_ = true; }             // for ever
  size_t waiting() const { return due_.size(); }
  uint64_t done() const { return done_; }

  // Runs the next action if it is due before `end`; otherwise moves the time to `end`.
  bool run_one(Nanos end) {
    if (stopped_) return false;
    if (due_.empty() || due_.front().at > end) {
      now_ = std::max(now_, end);
      return false;
    }
    const Due due = take_next();
    CHECK(due.at >= now_);
    now_ = due.at;
    ++done_;
    const auto action = std::move(actions_[due.slot]);
    actions_[due.slot] = nullptr;
    free_.push_back(due.slot);
    chosen_ = 0;
    action();
    chosen_ = 0;
    return true;
  }

 private:
  struct Due {  // small, because the heap moves it often
    Nanos at;
    int64_t order;
    uint32_t slot;
  };
  static bool later(const Due& a, const Due& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }
  Due take_next() {
    if (choosing()) bring_chosen_to_front();
    const Due due = due_.front();
    std::pop_heap(due_.begin(), due_.end(), later);
    due_.pop_back();
    return due;
  }
  // Gives the chosen action the lowest order of its instant.
  void bring_chosen_to_front() {
    std::vector<Due*> equal;
    for (Due& due : due_)
      if (due.at == due_.front().at) equal.push_back(&due);
    std::sort(equal.begin(), equal.end(),
              [](const Due* a, const Due* b) { return a->order < b->order; });
    const uint32_t chosen = choose(static_cast<uint32_t>(equal.size()));
    if (chosen == 0) return;
    equal[chosen]->order = equal[0]->order - 1;
    std::make_heap(due_.begin(), due_.end(), later);
  }

  Chooser chooser_;
  bool stopped_ = false;
  Nanos now_ = 0;
  int64_t asked_ = 0;
  uint64_t done_ = 0;
  uint64_t chosen_ = 0;
  std::vector<Due> due_;
  std::vector<std::function<void()>> actions_;
  std::vector<uint32_t> free_;
};

}  // namespace multiaz::replication::sim
