// Turns of a member on the loop, and the end of its run. Each comes after the call that asked for
// it, and does not come when the member has ended by then.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/rt/loop.h"
#include "base/rt/wait.h"

namespace multiaz::replication {

class Turns {
 public:
  explicit Turns(std::function<void()> turn) : turn_(std::move(turn)) {}
  ~Turns() { *alive_ = false; }
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  void wake() {  // several requests for a turn before it comes give one turn
    if (std::exchange(due_, true)) return;
    rt::defer([this, alive = alive_] {
      if (!*alive) return;
      due_ = false;
      turn_();
    });
  }
  void end() {
    rt::defer([this, alive = alive_] {
      if (*alive) over_.wake();
    });
  }
  rt::Wait& over() { return over_; }  // to be awaited: end() was called

 private:
  std::function<void()> turn_;
  rt::Wait over_;
  bool due_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace multiaz::replication
