// One direction of a simulated connection: in order, with a delay; a cut holds what is on its way.
#pragma once

#include <deque>

#include "replication/sim/scheduler.h"
#include "replication/sim/settings.h"

namespace multiaz::replication::sim {

template <typename Item>
class Pipe {
 public:
  // `deliver` is called for each item when it arrives; it may look at `Pipe` but not change it.
  Pipe(Scheduler& scheduler, Random& random, Span delay, std::function<void(Item&&)> deliver)
      : scheduler_(scheduler), random_(random), delay_(delay), deliver_(std::move(deliver)) {}

  void push(Item item) {
    items_.push_back(std::move(item));
    last_ = std::max(last_, scheduler_.now() + delay_.draw(random_) + extra_);
    scheduler_.after(last_ - scheduler_.now(), [this] { arrive(); });
  }
  void set_cut(bool cut) {
    if (cut_ == cut) return;
    cut_ = cut;
    if (cut) return;
    last_ = std::max(last_, scheduler_.now());
    for (; held_ > 0; --held_) scheduler_.after(delay_.low, [this] { arrive(); });
  }
  bool cut() const { return cut_; }
  // Loses what is on its way; arrivals that were due find nothing.
  void drop_all() { items_.clear(); }
  template <typename Predicate>
  void drop_if(Predicate predicate) {
    std::erase_if(items_, predicate);
  }
  void set_extra_delay(Nanos extra) { extra_ = extra; }

 private:
  void arrive() {
    if (cut_) {
      ++held_;
      return;
    }
    if (items_.empty()) return;
    Item item = std::move(items_.front());
    items_.pop_front();
    deliver_(std::move(item));
  }

  Scheduler& scheduler_;
  Random& random_;
  Span delay_;
  std::function<void(Item&&)> deliver_;
  std::deque<Item> items_;
  Nanos last_ = 0;
  Nanos extra_ = 0;
  bool cut_ = false;
  uint32_t held_ = 0;
};

}  // namespace multiaz::replication::sim
