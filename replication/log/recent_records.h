// The newest records of a log, in memory. Followers and the state machine mostly ask for these.
#pragma once

#include <deque>

#include "replication/core/types.h"

namespace multiaz::replication {

class RecentRecords {
 public:
  bool empty() const { return records_.empty(); }
  Lsn before() const { return Lsn(records_.front().lsn.raw - 1); }  // REQUIRES: not empty
  uint64_t hash_before() const { return hash_before_; }  // of the record before the first one
  const Record* find(Lsn lsn) const;                     // nullptr: it is not in memory
  uint64_t payload_bytes() const { return payload_bytes_; }
  // The bytes that the same records need in a file.
  uint64_t log_bytes() const { return log_bytes_; }

  void add(Record record);  // REQUIRES: it follows the last record
  void drop_first();
  void drop_after(Lsn last, uint64_t hash);  // `hash`: of the record at `last`
  void clear(uint64_t hash);                 // the next record follows the one with this hash

 private:
  void uncount(const Record& record);

  std::deque<Record> records_;
  uint64_t hash_before_ = kChainHashStart;
  uint64_t payload_bytes_ = 0;
  uint64_t log_bytes_ = 0;
};

}  // namespace multiaz::replication
