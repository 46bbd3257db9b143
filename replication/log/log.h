// Log: the durable log of one member, with its snapshots and its metadata, in one folder. Without
// a folder it keeps the same in memory.
//
// Loop thread only. It plans every disk operation; who carries it out depends on the level:
//   kDisk        a thread of its own writes and syncs, many appends with one fdatasync
//   kOs, kAsync  flush() writes at once (into the page cache)
//   any          truncation, metadata and snapshots run on threads and are synced
// Results come back as callbacks, only from poll(). The first failed write or sync is final:
// on_failed is called once and nothing is written or reported after it.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "replication/core/types.h"
#include "replication/log/log_options.h"
#include "replication/log/meta.h"
#include "replication/log/recover.h"
#include "replication/log/snapshot_file.h"
#include "replication/log/storage.h"
#include "replication/log/worker.h"

namespace multiaz::replication {

// The record whose position was last a multiple of `every`.
struct Milestone {
  uint64_t every;
  Lsn lsn;
  uint64_t hash;
};

class Log {
 public:
  using Done = std::function<void(Status)>;

  // kCorrupt (names file and offset), kConflict (folder in use), kIo, kLimit. Blocks.
  static Result<std::unique_ptr<Log>> open(LogOptions options);
  ~Log();  // finishes what was handed to the threads
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Set before the first flush(). All records up to lsn have reached the level.
  std::function<void(Lsn, Epoch)> on_stable;
  std::function<void(const std::string&)> on_failed;

  bool in_files() const { return !options_.folder.empty(); }
  const Meta& meta() const { return meta_; }
  bool fresh() const { return fresh_; }                      // the folder was empty
  const std::string& repaired() const { return repaired_; }  // a torn tail was cut; "" = no
  const Mark& base() const { return base_; }                 // of the oldest snapshot that is kept
  const Mark& tail() const { return tail_; }
  // The newest records at round positions since this log was opened: two members that go on writing
  // are compared there, for they have one of these in common for a while. lsn 0: none yet.
  const std::array<Milestone, 3>& milestones() const { return milestones_; }
  Lsn known_commit() const { return known_commit_; }  // at open: what may be applied
  Lsn newest_snapshot() const;
  uint64_t bytes() const { return bytes_; }
  LogCounters counters() const;

  // --- writing ---
  // REQUIRES: records follow the tail. `commit`: known to be committed and stable here.
  void append(std::vector<Record> records, Lsn commit);
  void flush();  // hands everything appended to the disk; once a turn of the loop
  // Calls what is due. True if there was any.
  bool poll();
  void applied(Lsn lsn) { applied_ = lsn; }  // up to here memory may forget

  // Durable when `done` is called. REQUIRES of truncate_after: base().lsn <= last; no append until
  // done.
  void persist_meta(Meta meta, Done done);
  void truncate_after(Lsn last, Done done);

  // --- reading ---
  // The record if it is in memory. REQUIRES: lsn <= tail. Valid until the next call of a non-const
  // method.
  const Record* recent(Lsn lsn) const;
  // Hash of the record at lsn. REQUIRES: oldest() <= lsn <= tail. May read a file.
  Result<uint64_t> hash_at(Lsn lsn) const;
  Lsn oldest() const;  // the record before the first one that can be read
  // At most bytes_max of payload, but at least one record. REQUIRES: oldest() < first <= tail.
  Result<LogSlice> read(Lsn first, Lsn last, uint64_t bytes_max) const;
  // The same as a job for another thread: it touches nothing of this object.
  std::function<Result<LogSlice>()> read_job(Lsn first, Lsn last, uint64_t bytes_max) const;
  Result<Mark> mark_at(Lsn lsn) const;

  // --- snapshots ---
  // Keeps an own snapshot beside the log. The log stays as it is until trim().
  void save_snapshot(StoredSnapshot snapshot, Done done);
  // Writes a snapshot to another folder, which is made when missing. REQUIRES: in_files().
  void write_copy(StoredSnapshot snapshot, std::string folder, Done done);
  bool saving_snapshot() const { return saving_lsn_ != Lsn(); }
  // The newest one at or below `at_most`. kNotFound: none (the state was empty then, if base is 0).
  using Loaded = std::function<void(Result<StoredSnapshot>)>;
  void load_snapshot(Lsn at_most, Loaded done);
  Result<StoredSnapshot> load_snapshot_now(Lsn at_most) const;  // blocks
  // Makes the newest snapshot at or below `limit` the base: older ones and the records that only
  // they needed go.
  void trim(Lsn limit);
  // A snapshot from elsewhere replaces everything. REQUIRES: no append until done.
  void reset_to(std::shared_ptr<const StoredSnapshot> snapshot, Done done);

 private:
  struct Kept {
    Mark mark;
    std::shared_ptr<const StoredSnapshot> content;  // in memory only without a folder
  };
  explicit Log(LogOptions options);

  // log_open.cc
  Status open_folder();
  Status open_meta(const std::vector<std::string>& names);
  Status choose_base(RecoveredLog& found, std::vector<Mark> marks);
  void take_over(RecoveredLog found);
  Status make_certain();
  // log.cc
  void plan_write(const Record& record, Lsn commit);
  void forget_milestones_after(Lsn last);
  void begin_segment(Lsn first);
  void write_pending();
  void reached(Lsn lsn, Epoch epoch);
  void fail(const Status& status);
  void forget_recent();
  Done guarded(Done done);
  // log_change.cc
  void remove_later(std::vector<std::string> paths);
  void drop_snapshots_below(Lsn lsn);

  LogOptions options_;
  Storage& storage_;
  std::unique_ptr<FolderLock> lock_;
  Meta meta_;
  bool fresh_ = true;
  std::string repaired_;
  Mark base_, tail_;
  std::array<Milestone, 3> milestones_ = {{{16, Lsn(), 0}, {256, Lsn(), 0}, {4096, Lsn(), 0}}};
  Lsn known_commit_, applied_;
  uint64_t bytes_ = 0;
  std::vector<Kept> snapshots_;  // oldest first
  Lsn saving_lsn_;               // 0 = none
  uint64_t generation_ = 0;      // of the log's content: reset_to begins another

  std::deque<Segment> segments_;
  std::string pending_;  // bytes for the last segment, from pending_at_
  uint64_t pending_at_ = 0;
  std::deque<Record> recent_;               // the newest records, up to the tail
  uint64_t recent_hash_ = kChainHashStart;  // of the record before recent_
  uint64_t recent_bytes_ = 0;

  Lsn stable_, reported_;  // reached the level; told to on_stable
  Epoch stable_epoch_;
  bool failed_ = false;
  std::vector<std::function<void()>> due_;  // for poll()
  std::unique_ptr<Worker> writer_;          // records, truncation, metadata
  std::unique_ptr<Worker> helper_;          // snapshots, removal of files
};

}  // namespace multiaz::replication
