// The faults inside a process (base/faults/inner_faults.h) that need its event loop: burnt CPU
// time, held memory, few file descriptors, and a loss of power at its time.
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
  // To be called when the rules have changed. Looks after them until the last one is over.
  void apply();

 private:
  void tick();
  void hold_memory();
  void limit_descriptors();

  std::unique_ptr<Timer> timer_;  // runs while there is a rule to look after
  std::string held_;              // memory_hog
  uint64_t limit_before_ = 0;     // the soft limit of descriptors before; 0 when it was not changed
  Nanos power_off_at_ = 0;
};

}  // namespace multiaz::rt
