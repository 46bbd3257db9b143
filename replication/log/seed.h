// A data folder made from a snapshot: the members of a group that is restored look as if all of
// them had ended at once with the same log, which is what the group knows how to come back from.
#pragma once

#include <string>

#include "replication/log/meta.h"
#include "replication/log/storage.h"

namespace multiaz::replication {

// Where the snapshot in that folder (of wire::TakeSnapshot) stands. kNotFound: there is none, or
// more than one; kCorrupt. With `every_byte` all of it is read and checked: blocks.
Result<Mark> inspect_snapshot(Storage& storage, const std::string& folder, bool every_byte);

// Replaces `data_folder` by one that holds that snapshot and `meta`, and nothing else. The bytes
// are shared (a hard link) where the file system can. REQUIRES: no process uses it.
Status seed_folder(Storage& storage, const std::string& snapshot_folder,
                   const std::string& data_folder, const Meta& meta);

}  // namespace multiaz::replication
