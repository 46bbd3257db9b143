// Nursery: bounds the life of every spawned task. A function that spawns takes a Nursery&.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/rt/stop.h"
#include "base/rt/task.h"
#include "base/rt/wait.h"

namespace multiaz::rt {

class Nursery {
 public:
  Nursery() = default;
  Nursery(const Nursery&) = delete;
  Nursery& operator=(const Nursery&) = delete;
  // REQUIRES: no child lives (after co_await join()).
  ~Nursery();

  // Starts the task now; it runs until its first wait before spawn returns.
  void spawn(std::string name, Task<void> task);
  // Waits until no child lives. One coroutine may wait at a time.
  Task<void> join();
  // Asks every child to end by running the callbacks of its Stop. Does not wait.
  void stop() { stop_.request(); }
  Stop& stopping() { return stop_; }
  size_t size() const { return children_.size(); }

  struct Child {
    std::string name;
    Nanos since;
  };
  // Names and start times of living children, for diagnosis.
  std::vector<Child> children() const;

 private:
  struct Runner;
  Runner run_child(uint64_t id, Task<void> task);

  Stop stop_;
  uint64_t next_id_ = 1;
  std::map<uint64_t, Child> children_;
  Wait* joined_ = nullptr;
};

}  // namespace multiaz::rt
