// Opens a log's folder: lock, metadata, snapshots and segments, and checks that they fit together.
#pragma once

#include <memory>
#include <vector>

#include "replication/log/log_options.h"
#include "replication/log/meta.h"
#include "replication/log/recover.h"

namespace multiaz::replication {

struct OpenedFolder {
  std::unique_ptr<FolderLock> lock;
  Meta meta;
  bool fresh = true;            // the folder was empty
  std::vector<Mark> snapshots;  // those that belong to the log, oldest first
  RecoveredLog log;
};

// Makes the folder when it is missing and removes files that a crash left over. kCorrupt (names
// file and offset), kConflict (folder in use), kIo, kLimit. Blocks.
Result<OpenedFolder> open_folder(const LogOptions& options, Storage& storage);
Incarnation fresh_incarnation();

}  // namespace multiaz::replication
