// One direction of a simulated connection, in order and with a delay; a cut holds the items in
// flight.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "replication/sim/scheduler.h"
#include "replication/sim/settings.h"

namespace multiaz::replication::sim {

template <typename Item>
class Pipe {
 public:
  // `deliver` is called for each item when it arrives; it may read the `Pipe` but not change it.
  Pipe(Scheduler& scheduler, Random& random, Span delay, std::function<void(Item&&)> deliver)
      : scheduler_(scheduler), random_(random), delay_(delay), deliver_(std::move(deliver)) {}

  void push(Item item) {
    items_.push_back(std::move(item));
    last_ = std::max(last_, scheduler_.now() + delay_.draw(random_) + extra_);
    const auto ticket = scheduler_.after(last_ - scheduler_.now(), [this] { arrive(); });
    if (scheduler_.choosing()) tickets_.push_back(ticket);
  }
  void set_cut(bool cut) {
    if (cut_ == cut) return;
    cut_ = cut;
    if (cut) return;
    last_ = std::max(last_, scheduler_.now());
    for (; held_ > 0; --held_) scheduler_.after(delay_.low, [this] { arrive(); });
  }
  bool cut() const { return cut_; }
  const std::deque<Item>& items() const { return items_; }
  // Loses the items in flight. Arrivals that were due are cancelled, because the exploration of
  // orders must not choose them.
  void drop_all() {
    items_.clear();
    for (const Scheduler::Ticket ticket : std::exchange(tickets_, {})) scheduler_.cancel(ticket);
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
  std::vector<Scheduler::Ticket> tickets_;
  Nanos last_ = 0;
  Nanos extra_ = 0;
  bool cut_ = false;
  uint32_t held_ = 0;
};

}  // namespace multiaz::replication::sim
