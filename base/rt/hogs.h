// The faults inside a process (base/core/inner_faults.h) that need its event loop: burnt CPU time,
// held memory, few file descriptors, a loss of power at its time.
#pragma once

#include <memory>
#include <string>

#include "base/rt/loop.h"

namespace multiaz::rt {

constexpr uint64_t kHogSliceMs = 20;

class Hogs {
 public:
  Hogs() = default;
  ~Hogs();
  // The rules have changed. Watches over them until the last is over.
  void apply();

 private:
  void tick();
  void hold_memory();
  void limit_descriptors();

  std::unique_ptr<Timer> timer_;  // while there is something to do
  std::string held_;              // memory_hog
  uint64_t limit_before_ = 0;     // soft limit of descriptors; 0 = untouched
  Nanos power_off_at_ = 0;
};

}  // namespace multiaz::rt
