// How far the log has reached the group's level of durability, and how far that was reported.
#pragma once

#include "replication/core/types.h"

namespace multiaz::replication {

class Stable {
 public:
  void reached(Lsn lsn, Epoch epoch) {
    lsn_ = lsn;
    epoch_ = epoch;
  }
  void begin_at(Lsn lsn) { lsn_ = reported_ = lsn; }  // there is nothing to report up to here
  void report_again() { reported_ = Lsn(); }
  bool due() const { return lsn_ != reported_; }
  void report() { reported_ = lsn_; }
  Lsn lsn() const { return lsn_; }
  Epoch epoch() const { return epoch_; }  // of the record there
  Lsn reported() const { return reported_; }

 private:
  Lsn lsn_, reported_;
  Epoch epoch_;
};

}  // namespace multiaz::replication
