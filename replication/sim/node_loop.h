// The loop of a simulated process: each event is part of a turn, and effects are carried out at the
// end of the turn; turn_delay lets several events share one. A stopped process keeps its events for
// later.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "replication/core/digest.h"
#include "replication/driver/driver.h"
#include "replication/sim/scheduler.h"

namespace multiaz::replication::sim {

class Node;

class NodeLoop : public Clock {
 public:
  explicit NodeLoop(Node& node) : node_(node) {}

  // Clock
  Nanos now() const override;
  void wake() override { turn_due_ = true; }

  void begin_life() { ++life_; }
  void end_life();  // the process's outstanding work is dropped
  void stop();      // after end_life(): nothing is left
  void pause() { paused_ = true; }
  void resume();
  bool paused() const { return paused_; }
  bool waits() const { return paused_ || !inbox_.empty(); }  // new events must wait
  bool acting() const { return acting_; }
  // The driver ended while it was at work, so it is still on the stack.
  void keep(std::unique_ptr<Driver> finished) { finished_ = std::move(finished); }

  // All work passes through here. `what` goes into the digest if the work has to wait.
  void run(std::string_view what, std::function<void()> work);
  void act(const std::function<void()>& work);
  void later(Nanos delay, std::function<void()> work);  // dropped with the process
  Digest& inbox_digest() { return inbox_digest_; }
  void digest(Digest& out) const { out.add(paused_, inbox_.size(), inbox_digest_.value()); }

 private:
  void end_turn();
  void pump();

  Node& node_;
  uint64_t life_ = 0;  // counts boots and kills: work of a former process is dropped
  bool paused_ = false;
  std::deque<std::function<void()>> inbox_;
  Digest inbox_digest_;  // of the waiting work
  bool acting_ = false;
  std::unique_ptr<Driver> finished_;
  bool turn_due_ = false;
  bool turn_ends_later_ = false;
  std::vector<Scheduler::Ticket> tickets_;  // of the process's outstanding work
};

}  // namespace multiaz::replication::sim
