// Reads the segments of a folder after a start: it verifies every record and the chain, cuts a torn
// tail, and refuses damage anywhere else.
//
// The bytes after the last good record count as torn by a crash, unless a whole record further on
// proves that something up to a higher lsn was committed: then acknowledged data is missing, the
// log is damaged, and nothing may be cut.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "replication/core/types.h"
#include "replication/log/storage.h"

namespace multiaz::replication {

struct Segment {
  Lsn first;
  uint64_t prev_hash = kChainHashStart;  // of the record before
  std::string path;
  std::shared_ptr<File> file;
  std::vector<uint32_t> offsets;  // of records first, first + 1, ...
  uint64_t end = 0;               // where the next record goes

  Lsn before() const { return Lsn(first.raw - 1); }
  Lsn last() const { return Lsn(before().raw + offsets.size()); }  // before() when empty
  uint64_t offset_after(Lsn lsn) const;  // REQUIRES: before() <= lsn <= last()
};

struct RecoveredLog {
  std::deque<Segment> segments;
  History epochs;  // as found; the first may have begun before the first record
  Lsn tail;        // 0 without segments
  uint64_t tail_hash = kChainHashStart;
  Lsn commit;       // the highest commit point in a record; <= tail
  std::string cut;  // describes what was cut off, for the event log; "" = nothing
};

// An error kCorrupt names file and offset.
Result<RecoveredLog> recover_log(Storage& storage, const std::string& folder);

}  // namespace multiaz::replication
