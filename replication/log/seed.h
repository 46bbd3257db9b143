// Makes a data folder from a snapshot. The members of a restored group look as if all of them had
// ended at once with the same log, and a group can start again from that.
#pragma once

#include <string>

#include "replication/log/meta.h"
#include "replication/log/storage.h"

namespace multiaz::replication {

// The position of the snapshot in that folder (of wire::TakeSnapshot). kNotFound: there is none, or
// more than one; kCorrupt. With `every_byte` it reads and checks the whole snapshot, which blocks.
Result<Mark> inspect_snapshot(Storage& storage, const std::string& folder, bool every_byte);

// Replaces `data_folder` by one that holds that snapshot and `meta`, and nothing else. The two
// share the bytes (a hard link) where the file system can. REQUIRES: no process uses the folder.
Status seed_folder(Storage& storage, const std::string& snapshot_folder,
                   const std::string& data_folder, const Meta& meta);

}  // namespace multiaz::replication
