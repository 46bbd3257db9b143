// Log: the durable log of one member, with its snapshots and its metadata, in one folder. Without a
// folder it keeps the same in memory.
//
// Loop thread only. It plans every disk operation; the level decides where they run:
//   kDisk        a thread of its own writes and syncs, many appends with one fdatasync
//   kOs, kAsync  flush() writes at once (into the page cache)
//   any          truncation, metadata and snapshots run on threads and are synced
// Results come back as callbacks, only from poll(). The first failed write or sync is final:
// on_failed is called once and nothing is written or reported after it.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "replication/core/types.h"
#include "replication/log/log_open.h"
#include "replication/log/log_options.h"
#include "replication/log/log_work.h"
#include "replication/log/meta.h"
#include "replication/log/milestones.h"
#include "replication/log/recent_records.h"
#include "replication/log/segments.h"
#include "replication/log/snapshots.h"
#include "replication/log/stable.h"

namespace multiaz::replication {

class Log {
 public:
  struct AtOpen {
    bool fresh = true;     // the folder was empty
    std::string repaired;  // tells that a torn tail was cut; "" = none was
    Lsn known_commit;      // records up to here may be applied
  };
  using Done = LogWork::Done;

  // kCorrupt (names file and offset), kConflict (folder in use), kIo, kLimit. Blocks.
  static Result<std::unique_ptr<Log>> open(LogOptions options);
  ~Log();  // finishes the work that the threads have
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // All records up to lsn have reached the level. To be set before the first flush().
  std::function<void(Lsn, Epoch)> on_stable;
  std::function<void(const std::string&)> on_failed;

  bool in_files() const { return options_.in_files(); }
  const Meta& meta() const { return meta_; }
  const AtOpen& at_open() const { return at_open_; }
  const Mark& base() const { return base_; }  // of the oldest snapshot that is kept
  const Mark& tail() const { return tail_; }
  // The milestones since this log was opened.
  const std::array<Milestone, 3>& milestones() const { return milestones_.all(); }
  uint64_t bytes() const { return in_files() ? segments_.bytes() : recent_.log_bytes(); }
  LogCounters counters() const;

  // --- writing ---
  // REQUIRES: records follow the tail. `commit` is known to be committed and stable on this member.
  void append(std::vector<Record> records, Lsn commit);
  void flush();  // hands all appended records to the disk; once a turn of the loop
  bool poll();   // makes the due calls; true if there were any
  void applied(Lsn lsn) { applied_ = lsn; }  // memory may forget records up to here

  // The change is durable when `done` is called. REQUIRES of truncate_after: base().lsn <= last; no
  // append until `done` is called.
  void persist_meta(Meta meta, Done done);
  void truncate_after(Lsn last, Done done);

  // --- reading ---
  // The record if it is in memory. REQUIRES: lsn <= tail. It is valid until the next call of a
  // non-const method.
  const Record* recent(Lsn lsn) const { return recent_.find(lsn); }
  // Hash of the record at lsn. REQUIRES: oldest() <= lsn <= tail. It may read a file.
  Result<uint64_t> hash_at(Lsn lsn) const;
  Lsn oldest() const;  // the record before the first one that can be read
  // Reads at most bytes_max of payload, but at least one record. REQUIRES: oldest() < first <=
  // tail.
  Result<LogSlice> read(Lsn first, Lsn last, uint64_t bytes_max) const;
  // Makes the same a job for another thread: the job uses nothing of this object.
  std::function<Result<LogSlice>()> read_job(Lsn first, Lsn last, uint64_t bytes_max) const;
  Result<Mark> mark_at(Lsn lsn) const;

  // --- snapshots ---
  Snapshots& snapshots() { return snapshots_; }
  const Snapshots& snapshots() const { return snapshots_; }
  // Makes the newest snapshot at or below `limit` the base. Older snapshots, and the records that
  // only they needed, are removed.
  void trim(Lsn limit);
  // A received snapshot replaces everything. REQUIRES: no append until `done` is called.
  void reset_to(std::shared_ptr<const StoredSnapshot> snapshot, Done done);

 private:
  explicit Log(LogOptions options);
  void take_over(OpenedFolder found);
  void forget_recent();

  LogOptions options_;
  std::unique_ptr<FolderLock> lock_;
  Meta meta_;
  AtOpen at_open_;
  Mark base_, tail_;
  Milestones milestones_;
  Lsn applied_;
  Stable stable_;
  RecentRecords recent_;
  Segments segments_;
  Snapshots snapshots_;
  LogWork work_;  // the last member: its threads must end before the objects that their jobs use
};

}  // namespace multiaz::replication
