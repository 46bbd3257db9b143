// The loop of a simulated process: what happens in it is a turn, and effects are carried out at its
// end; turn_delay lets several events share one. A stopped process keeps what reaches it for later.
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
  void end_life();  // what the process has still to do is forgotten
  void stop();      // behind end_life(): nothing is left
  void pause() { paused_ = true; }
  void resume();
  bool paused() const { return paused_; }
  bool waits() const { return paused_ || !inbox_.empty(); }  // what comes now is for later
  bool acting() const { return acting_; }
  // Ended while it was at work: it is still on the stack.
  void keep(std::unique_ptr<Driver> finished) { finished_ = std::move(finished); }

  // Everything passes here. `what`: for the digest, should it have to wait.
  void run(std::string_view what, std::function<void()> work);
  void act(const std::function<void()>& work);
  void later(Nanos delay, std::function<void()> work);  // forgotten with the process
  Digest& inbox_digest() { return inbox_digest_; }
  void digest(Digest& out) const { out.add(paused_, inbox_.size(), inbox_digest_.value()); }

 private:
  void end_turn();
  void pump();

  Node& node_;
  uint64_t life_ = 0;  // counts boots and kills: work of a former process is dropped
  bool paused_ = false;
  std::deque<std::function<void()>> inbox_;
  Digest inbox_digest_;  // of what waits there
  bool acting_ = false;
  std::unique_ptr<Driver> finished_;
  bool turn_due_ = false;
  bool turn_ends_later_ = false;
  std::vector<Scheduler::Ticket> tickets_;  // of what the process has still to do
};

}  // namespace multiaz::replication::sim
