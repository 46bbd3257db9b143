// Batching: whether a primary's appends wait a moment for company. Nobody waits for what is held
// back but the clients whose commits it carries, so it may leave together: one write, one message.
#pragma once

#include <cstddef>

#include "base/core/clock.h"

namespace multiaz::replication {

constexpr uint64_t kHoldMs = 2;  // how long an append may wait for the next one
constexpr size_t kHoldBytesMax = 256 << 10;

class Batching {
 public:
  void appended(size_t bytes, Nanos now) {
    if (bytes_ == 0) since_ = now;
    bytes_ += bytes + 1;
    fresh_ = true;
  }
  // True: it changed from holding to not.
  bool more_to_come(bool soon) {
    const bool ended = announced_ && !soon;
    if (announced_ != soon) bytes_ = 0;
    announced_ = soon;
    return ended;
  }
  bool announced() const { return announced_; }
  // What was appended in this turn may have company in the sockets: one look at them first.
  void begin_turn(Nanos now) {
    looking_ = fresh_ && now < since_ + kHoldMs * kMillisecond;
    fresh_ = false;
  }
  void end_turn() {
    if (!looking_ && !announced_) bytes_ = 0;
  }
  bool looking() const { return looking_; }
  bool holding() const { return (announced_ || looking_) && bytes_ < kHoldBytesMax; }

 private:
  bool announced_ = false;
  bool looking_ = false;  // whether more is there already
  bool fresh_ = false;    // appended since the last turn began
  size_t bytes_ = 0;
  Nanos since_ = 0;
};

}  // namespace multiaz::replication
