// Limits, options and small values of the log (log.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "replication/core/types.h"
#include "replication/log/storage.h"

namespace multiaz::replication {

constexpr uint64_t kSegmentBytes = 8u << 20;     // beyond this a new segment is begun
constexpr uint64_t kRecentBytesMax = 32u << 20;  // of records kept in memory beside the files
constexpr uint64_t kSnapshotAfterLogBytes = 64u << 20;
// Beyond this slow followers no longer hold the log.
constexpr uint64_t kLogBytesMax = 4 * kSnapshotAfterLogBytes;

struct LogOptions {
  std::string folder;  // "" = in memory
  Durability durability = Durability::kOs;
  Storage* storage = nullptr;  // null = faulty_storage()
  uint64_t segment_bytes = kSegmentBytes;
  uint64_t recent_bytes_max = kRecentBytesMax;
  bool believe_second_sync = false;  // Bug::kRetryFsync
  std::function<void()> wake;        // called from any thread: poll() has something to do

  bool in_files() const { return !folder.empty(); }
};

struct LogCounters {
  uint64_t bytes = 0;     // of records in the log
  uint64_t segments = 0;  // files
  uint64_t syncs = 0;
  uint64_t sync_us_max = 0;
};

// Consecutive records, and the chain hash of the record before them.
struct LogSlice {
  uint64_t prev_hash = kChainHashStart;
  std::vector<Record> records;
};

}  // namespace multiaz::replication
