// The newest records at round positions. Two members that go on writing are compared by these,
// because they have one of them in common for a while.
#pragma once

#include <array>

#include "replication/core/types.h"

namespace multiaz::replication {

// The newest record whose position is a multiple of `every`. lsn 0: none yet.
struct Milestone {
  uint64_t every;
  Lsn lsn;
  uint64_t hash;
};

class Milestones {
 public:
  const std::array<Milestone, 3>& all() const { return all_; }
  void pass(const Record& record) {
    for (Milestone& one : all_) {
      if (record.lsn.raw % one.every != 0) continue;
      one.lsn = record.lsn;
      one.hash = record.hash;
    }
  }
  void forget_after(Lsn last) {
    for (Milestone& one : all_) {
      if (one.lsn > last) one.lsn = Lsn();
    }
  }

 private:
  std::array<Milestone, 3> all_ = {{{16, Lsn(), 0}, {256, Lsn(), 0}, {4096, Lsn(), 0}}};
};

}  // namespace multiaz::replication
