// SnapshotMaker: own snapshots, which bound the log and the time of a start, and the trimming of
// the log. A snapshot is read a slice a tick and written by the log's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "replication/member/shared.h"

namespace multiaz::replication {

// A state that is being read, as of its mark.
struct Saving {
  StoredSnapshot so_far;
  std::unique_ptr<SnapshotSource> source;
};
// Reads on for a slice of a turn. True when the end was reached; kConflict: begin again.
Result<bool> read_on(Saving& saving);

class SnapshotMaker {
 public:
  using OnEvent = std::function<void(std::string kind, std::string text)>;
  // `needed`: snapshots on their way to other members need the log after this.
  SnapshotMaker(Shared& shared, OnEvent on_event, std::function<Lsn()> needed);

  void appended(const std::vector<Record>& records);
  void restored(uint64_t snapshot_bytes);   // at the start, from the newest snapshot
  void installed(uint64_t snapshot_bytes);  // a received snapshot
  void tick();                              // reads on; called every tick
  void consider();  // begins a snapshot when it is due, and trims the log; called now and then
  void trim_log();

 private:
  void begin();
  void finish(StoredSnapshot stored);

  Shared& shared_;
  OnEvent on_event_;
  std::function<Lsn()> needed_;
  std::optional<Saving> saving_;
  uint64_t bytes_since_ = 0;  // appended since the last snapshot
  uint64_t bytes_ = 0;        // of the last snapshot
  Nanos not_before_ = 0;
};

}  // namespace multiaz::replication
