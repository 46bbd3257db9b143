// The SQLite VFS whose one file is a PageStore. SQLite's own locking calls become pins and the
// writer reservation, its commit notice (SQLITE_FCNTL_COMMIT_PHASETWO) becomes a Commit:
//
//   xLock(SHARED)    pin a snapshot: `committed`, or `published` for a connection that may write
//   xLock(RESERVED)  reserve the store; SQLITE_BUSY_SNAPSHOT when the snapshot is not the newest
//   xWrite           into the connection's private WriteSet
//   COMMIT_PHASETWO  seal the set; it waits in the file for take_commit()
//   xUnlock          drop an unsealed set (rollback), unpin
//
// No other file can be opened through it, so no SQL text reaches the machine's file system.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/core/result.h"
#include "dbnode/store/commit.h"
#include "dbnode/store/turns.h"

struct sqlite3;
struct sqlite3_vfs;

namespace multiaz::dbnode::store {

// A transaction may change this many pages, so that its record fits one log record (64 MiB).
constexpr size_t kCommitPagesMax = 16'000;
constexpr const char* kDatabaseFile = "shop";

class PageVfs {
 public:
  // Registers with SQLite under a name of its own. REQUIRES: the store outlives the VFS, and the
  // VFS outlives every connection that was opened through it.
  explicit PageVfs(PageStore& store);
  ~PageVfs();
  PageVfs(const PageVfs&) = delete;
  PageVfs& operator=(const PageVfs&) = delete;

  const char* name() const { return name_.c_str(); }
  PageStore& store() const { return store_; }
  Turns& turns() { return turns_; }

 private:
  PageStore& store_;
  Turns turns_;  // of all connections to the store
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

// The reason for the file's last refusal of a lock or a commit, beyond SQLite's result code.
enum class Refusal { kNone, kReadOnly, kOutdated, kBusy, kStale, kTooLarge, kOutside };

// The connection's side of the file. REQUIRES: opened through a PageVfs, and used by one thread at
// a time.
class PageFile {
 public:
  static PageFile& of(sqlite3* connection);
  virtual ~PageFile() = default;
  // Lets transactions from now on read `published` and write. REQUIRES: no transaction is open,
  // unless it has only read so far (its snapshot then stays).
  virtual void allow_write(bool allow) = 0;
  // Takes the sealed transaction, once. REQUIRES: no lock is held any more.
  virtual std::optional<Commit> take_commit() = 0;
  virtual Refusal last_refusal() const = 0;
};

}  // namespace multiaz::dbnode::store
