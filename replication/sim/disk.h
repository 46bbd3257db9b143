// The disk of a member, with a page cache that can be lost, and the state machine that it feeds.
// The log file is a snapshot (base) and records; `written` survives SIGKILL, `synced` survives a
// power cut.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "replication/core/events.h"

namespace multiaz::replication::sim {

using Values = std::vector<uint64_t>;  // the state: one unique value for each record, by lsn - 1

class Disk {
 public:
  void wipe(Incarnation incarnation);

  Lsn tail() const { return Lsn(base_.lsn.raw + records_.size()); }
  Lsn base() const { return base_.lsn; }
  const Record& record(Lsn lsn) const;  // REQUIRES: base < lsn <= tail
  bool holds(Lsn lsn) const { return lsn > base_.lsn && lsn <= tail(); }
  // The chain hash at lsn; nothing when the log does not reach there or begins after it.
  std::optional<uint64_t> hash_at(Lsn lsn) const;
  Mark mark_at(Lsn lsn) const;  // REQUIRES: base <= lsn <= tail

  void append(std::vector<Record> records);  // at most to the page cache
  void truncate(Lsn after);
  void trim(Lsn base, const Values& state);  // state: at least up to base
  void install(const Mark& mark, Values state);

  void write_done(Lsn lsn) { written_ = std::max(written_, std::min(lsn, tail())); }
  void sync_done(Lsn lsn) { synced_ = std::max(synced_, std::min(lsn, written_)); }
  // After a failed fdatasync the kernel marks the pages clean although they are not on the disk.
  void sync_failed() { lost_from_ = std::min(lost_from_, next(synced_)); }
  // SIGKILL: a part of the unwritten bytes may have been written.
  void kill(uint64_t unwritten_kept);
  void power_cut();
  // The recovery of a process that starts: the whole log is rewritten and synced before it counts.
  void recover();

  Start start_event() const;
  const Values& base_state() const { return base_state_; }
  Lsn written() const { return written_; }
  Lsn synced() const { return synced_; }

  Incarnation incarnation;
  View view;

 private:
  Mark base_;
  Values base_state_;
  History history_;
  std::vector<Record> records_;
  Lsn written_;
  Lsn synced_;
  Lsn lost_from_{UINT64_MAX};  // records from here on only look synced
};

}  // namespace multiaz::replication::sim
