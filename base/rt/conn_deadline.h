// ConnDeadline: the deadline of a connection, which closes it: a point in time, or a longest time
// between two bytes that arrive at the peer. The last one set counts.
#pragma once

#include <cstdint>

#include "base/core/clock.h"
#include "base/rt/conn_timer.h"
#include "base/rt/moving_due.h"

namespace multiaz::rt {

class ConnDeadline {
 public:
  explicit ConnDeadline(Conn::State& conn) : conn_(conn), timer_(conn) {}

  void in_ms(uint64_t ms);
  void progress_ms(uint64_t ms);
  void clear();
  void close() { timer_.close(); }

 private:
  void look_in_ms(uint64_t ms);
  void look();
  void look_for_progress();

  Conn::State& conn_;
  ConnTimer timer_;
  MovingDue due_;  // a point in time; its timer does not run while progress is looked for
  uint64_t progress_ms_ = 0;    // the longest allowed time between two bytes that arrive
  uint64_t arrived_until_ = 0;  // bytes that had arrived at the last progress
  Nanos progress_at_ = 0;
};

}  // namespace multiaz::rt
