// The interface between the log and the disk: the operations of a file system, few enough that a
// test can replace it by one that fails the nth sync, fills up, tears a write or forgets unsynced
// bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace multiaz::replication {

// Errors are kIo with path and reason, and kLimit when the disk is full.
class File {
 public:
  virtual ~File() = default;
  virtual Status write(uint64_t offset, std::string_view bytes) = 0;  // writes all of it
  // Shorter at the end of the file.
  virtual Result<std::string> read(uint64_t offset, size_t bytes) = 0;
  virtual Result<uint64_t> size() = 0;
  virtual Status sync() = 0;                    // fdatasync
  virtual Status truncate(uint64_t bytes) = 0;  // cuts
  virtual Status allocate(uint64_t bytes) = 0;  // grows with zeros; OK where that is not supported
};

enum class OpenMode { kExisting, kCreate };  // kCreate empties an existing file

// Locks a folder for this process as long as the object exists.
class FolderLock {
 public:
  virtual ~FolderLock() = default;
};

class Storage {
 public:
  virtual ~Storage() = default;
  // kNotFound for a missing file with kExisting.
  virtual Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;  // names, sorted
  virtual Status make_folder(const std::string& folder) = 0;  // with parents; OK if it exists
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  virtual Status sync_folder(const std::string& folder) = 0;
  virtual Result<std::unique_ptr<FolderLock>> lock(const std::string& path) = 0;  // kConflict
};

Storage& file_storage();    // the real one; for any thread
Storage& faulty_storage();  // the real one with the disk faults that are in force

// Replaces folder/name as a whole: temporary file, sync, rename, sync of the folder.
Status write_whole_file(Storage& storage, const std::string& folder, const std::string& name,
                        std::string_view bytes);
Result<std::string> read_whole_file(Storage& storage, const std::string& path);

}  // namespace multiaz::replication
