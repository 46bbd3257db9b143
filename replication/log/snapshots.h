// The own snapshots that are kept beside a log, as files, or in memory without a folder.
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
  // Adds one. The log stays as it is until Log::trim(). REQUIRES: a newer one; none being saved.
  void save(StoredSnapshot snapshot, Done done);
  bool saving() const { return saving_ != Lsn(); }
  // Writes a snapshot to another folder, which is made when missing. REQUIRES: the log is in files.
  void write_copy(StoredSnapshot snapshot, std::string folder, Done done);
  // The newest one at or below `at_most`. kNotFound: none (the state was empty then, if base is 0).
  void load(Lsn at_most, Loaded done);
  Result<StoredSnapshot> load_now(Lsn at_most) const;  // blocks

  // For the log. What goes is removed some time, or by the log when the paths are given back.
  void take(std::vector<Mark> found);  // oldest first
  const Mark* oldest() const { return kept_.empty() ? nullptr : &kept_.front().mark; }
  const Mark* newest_upto(Lsn limit) const;
  void drop_below(Lsn lsn);
  std::vector<std::string> drop_above(Lsn lsn);
  // A snapshot from elsewhere replaces all, and the files `gone` of the log before it.
  void install(std::shared_ptr<const StoredSnapshot> content, std::vector<std::string> gone,
               Done done);

 private:
  struct Kept {
    Mark mark;
    std::shared_ptr<const StoredSnapshot> content;  // in memory only without a folder
  };
  std::string path_of(Lsn lsn) const;

  const LogOptions& options_;
  Storage& storage_;
  LogWork& work_;
  std::vector<Kept> kept_;   // oldest first
  Lsn saving_;               // 0 = none
  uint64_t generation_ = 0;  // of the log's content: what is being saved may be of an older one
};

}  // namespace multiaz::replication
