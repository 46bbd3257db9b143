// A snapshot as one file, replaced only as a whole. Every chunk has its own check, so that a
// damaged chunk is named and never given to a state machine.
#pragma once

#include <string>
#include <vector>

#include "replication/core/types.h"
#include "replication/log/storage.h"

namespace multiaz::replication {

constexpr uint64_t kSnapshotFileChunkBytesMax = 64u << 20;

struct StoredSnapshot {
  Mark mark;
  std::vector<std::string> chunks;
  uint64_t bytes() const;
};

Status write_snapshot(Storage& storage, const std::string& folder, const StoredSnapshot& snapshot);
// An error kCorrupt names file and offset.
Result<StoredSnapshot> read_snapshot(Storage& storage, const std::string& folder, Lsn lsn);
// Reads only its position.
Result<Mark> read_snapshot_mark(Storage& storage, const std::string& folder, Lsn lsn);

}  // namespace multiaz::replication
