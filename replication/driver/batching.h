// Batching: whether a primary's appends wait a moment for further ones. Only the clients whose
// writes are held back wait for them, so they may leave together: as one write and one message.
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
  // True: it changed from holding to not holding.
  bool more_to_come(bool soon) {
    const bool ended = announced_ && !soon;
    if (announced_ != soon) bytes_ = 0;
    announced_ = soon;
    return ended;
  }
  bool announced() const { return announced_; }
  // After an append in this turn the sockets may hold another one, so they are read once before it
  // leaves.
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
  bool looking_ = false;  // whether the sockets are read for further appends
  bool fresh_ = false;    // appended since the last turn began
  size_t bytes_ = 0;
  Nanos since_ = 0;
};

}  // namespace multiaz::replication
