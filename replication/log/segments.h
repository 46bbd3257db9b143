// The segment files of a log: it plans and hands over the writes of records, and cuts and removes
// files. read_job (segment_reader.h) reads them.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "replication/log/log_work.h"
#include "replication/log/recover.h"
#include "replication/log/stable.h"

namespace multiaz::replication {

class Segments {
 public:
  Segments(const LogOptions& options, Storage& storage, LogWork& work, Stable& stable)
      : options_(options), storage_(storage), work_(work), stable_(stable) {}

  void take(std::deque<Segment> found);
  const std::deque<Segment>& all() const { return segments_; }
  uint64_t bytes() const { return bytes_; }  // of records

  // `prev_hash` is that of the record before. `commit`: see Log::append.
  void add(const Record& record, uint64_t prev_hash, Lsn commit);
  void flush();  // hands the records added since the last flush to the disk

  // The change is durable when `done` is called. The files in `gone` are removed first.
  void truncate_after(Lsn last, std::vector<std::string> gone, LogWork::Done done);
  void drop_through(Lsn base);       // removes whole segments that end there or before
  std::vector<std::string> clear();  // forgets all; returns the files, newest first

 private:
  void begin(Lsn first, uint64_t prev_hash);

  const LogOptions& options_;
  Storage& storage_;
  LogWork& work_;
  Stable& stable_;
  std::deque<Segment> segments_;
  uint64_t bytes_ = 0;
  std::string pending_;  // bytes for the last segment, from pending_at_
  uint64_t pending_at_ = 0;
  Epoch pending_epoch_;  // of the last record in it
};

}  // namespace multiaz::replication
