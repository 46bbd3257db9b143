// CopyMaker makes the snapshots that an operator orders: a copy of the committed state in a folder
// of its own, which outlives the member. They are made one after the other, read a slice a tick and
// written by the log's thread, as the member's own snapshots are; the group never waits for them.
#pragma once

#include <deque>
#include <optional>

#include "replication/member/shared.h"
#include "replication/member/snapshot_maker.h"

namespace multiaz::replication {

class CopyMaker {
 public:
  explicit CopyMaker(Shared& shared) : shared_(shared) {}
  void order(wire::TakeSnapshot order);
  void tick();

 private:
  struct Copy {
    wire::TakeSnapshot order;
    Nanos begin_by = 0;
    std::optional<Saving> saving;
    bool writing = false;  // the disk's thread has it
  };
  bool begin(Copy& copy);
  void write(Copy& copy);
  void end(const Status& done, const Mark& written, uint64_t bytes = 0);

  Shared& shared_;
  std::deque<Copy> copies_;  // as ordered; the first is being made
};

}  // namespace multiaz::replication
