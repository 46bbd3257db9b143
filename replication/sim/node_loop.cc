#include "replication/sim/node_loop.h"

#include <utility>

#include "replication/sim/node.h"
#include "replication/sim/world.h"

namespace multiaz::replication::sim {

Nanos NodeLoop::now() const {
  return node_.local_now();
}

void NodeLoop::end_life() {
  ++life_;
  for (const auto ticket : std::exchange(tickets_, {})) node_.world().scheduler().cancel(ticket);
}

void NodeLoop::stop() {
  inbox_.clear();
  turn_due_ = turn_ends_later_ = paused_ = false;
}

void NodeLoop::resume() {
  if (!paused_) return;
  paused_ = false;
  node_.world().trace(node_.id().raw, "continues");
  const uint64_t life = life_;
  while (!inbox_.empty() && !paused_ && life == life_) {
    auto work = std::move(inbox_.front());
    inbox_.pop_front();
    act(work);
  }
}

void NodeLoop::run(std::string_view what, std::function<void()> work) {
  if (!node_.up()) return;
  if (waits()) {
    inbox_digest_.add(what);
    inbox_.push_back(std::move(work));
  } else {
    act(work);
  }
}

void NodeLoop::act(const std::function<void()>& work) {
  if (acting_) return work();
  acting_ = true;
  work();
  if (node_.up()) end_turn();
  acting_ = false;
  finished_.reset();
}

void NodeLoop::end_turn() {
  World& world = node_.world();
  const Nanos delay = world.settings().turn_delay.draw(world.fate().random());
  if (delay == 0) return pump();
  if (!turn_due_ || turn_ends_later_) return;
  turn_ends_later_ = true;
  later(delay, [this] {
    turn_ends_later_ = false;
    pump();
  });
}

// If turns take time, the process's request for itself (a state that is behind) is another turn.
void NodeLoop::pump() {
  const bool at_once = node_.world().settings().turn_delay.high == 0;
  while (node_.up() && std::exchange(turn_due_, false)) {
    node_.driver().pump();
    if (!at_once) break;
  }
  if (node_.up()) node_.world().checker().after_step(node_.index_);
}

void NodeLoop::later(Nanos delay, std::function<void()> work) {
  auto action = [this, life = life_, work = std::move(work)]() mutable {
    if (life == life_) run("later", std::move(work));
  };
  const auto ticket = node_.world().scheduler().after(delay, std::move(action));
  if (node_.world().exploring()) tickets_.push_back(ticket);
}

}  // namespace multiaz::replication::sim
