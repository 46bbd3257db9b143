// The member's own snapshots beside its log: in files, or in memory without a folder.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "replication/log/log_work.h"
#include "replication/log/snapshot_file.h"

namespace multiaz::replication {

class Snapshots {
 public:
  using Done = LogWork::Done;
  using Loaded = std::function<void(Result<StoredSnapshot>)>;

  Snapshots(const LogOptions& options, Storage& storage, LogWork& work)
      : options_(options), storage_(storage), work_(work) {}

  Lsn newest() const { return kept_.empty() ? Lsn() : kept_.back().mark.lsn; }
  // Adds one. The log stays as it is until Log::trim(). REQUIRES: it is newer, and none is being
  // saved.
  void save(StoredSnapshot snapshot, Done done);
  bool saving() const { return saving_ != Lsn(); }
  // Writes a snapshot to another folder, which is made when missing. REQUIRES: the log is in files.
  void write_copy(StoredSnapshot snapshot, std::string folder, Done done);
  // Loads the newest one at or below `at_most`. kNotFound: none (if base is 0, the state was empty
  // then).
  void load(Lsn at_most, Loaded done);
  Result<StoredSnapshot> load_now(Lsn at_most) const;  // blocks

  // For the log. Dropped files are removed later, or by the log when their paths are returned.
  void take(std::vector<Mark> found);  // oldest first
  const Mark* oldest() const { return kept_.empty() ? nullptr : &kept_.front().mark; }
  const Mark* newest_upto(Lsn limit) const;
  void drop_below(Lsn lsn);
  std::vector<std::string> drop_above(Lsn lsn);
  // A received snapshot replaces all, and the files `gone` of the log before it.
  void install(std::shared_ptr<const StoredSnapshot> content, std::vector<std::string> gone,
               Done done);

 private:
  struct Kept {
    Mark mark;
    std::shared_ptr<const StoredSnapshot> content;  // only without a folder
  };
  std::string path_of(Lsn lsn) const;

  const LogOptions& options_;
  Storage& storage_;
  LogWork& work_;
  std::vector<Kept> kept_;  // oldest first
  Lsn saving_;              // 0 = none
  // It grows when the log's content is replaced or cut below the snapshot that is being saved.
  uint64_t generation_ = 0;
};

}  // namespace multiaz::replication
