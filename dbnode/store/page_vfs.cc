#include "dbnode/store/page_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <new>
#include <thread>

#include "dbnode/store/delta.h"
#include "dbnode/store/memory.h"

namespace multiaz::dbnode::store {
namespace {

// The bytes that SQLite allocates for an open file: its method table, then our object.
struct Handle {
  sqlite3_file base;
  class OpenFile* file;
};

class OpenFile : public PageFile {
 public:
  explicit OpenFile(PageStore& store) : store_(store) {}
  ~OpenFile() override {
    if (level_ > SQLITE_LOCK_NONE) unlock(SQLITE_LOCK_NONE);
  }

  void allow_write(bool allow) override { may_write_ = allow; }
  Refusal last_refusal() const override { return refusal_; }
  std::optional<Commit> take_commit() override;

  int read(void* out, int size, sqlite3_int64 offset);
  int write(const void* bytes, int size, sqlite3_int64 offset);
  int truncate(sqlite3_int64 size);
  sqlite3_int64 size() const;
  int lock(int level);
  int unlock(int level);
  int check_commit();
  void seal();

 private:
  class Base;
  int refuse(Refusal why, int code) {
    refusal_ = why;
    return code;
  }
  int reserve();

  PageStore& store_;
  bool may_write_ = false;
  int level_ = SQLITE_LOCK_NONE;
  View view_;
  bool writing_ = false;  // this file holds the store's reservation
  WriteSet set_;
  std::optional<Commit> sealed_;
  Refusal refusal_ = Refusal::kNone;
};

class OpenFile::Base : public PageReader {
 public:
  Base(const PageStore& store, const View& view) : store_(store), view_(view) {}
  void read_base(PageNo page, Page& out) const override {
    // A stale view leads to a useless payload, which publish() refuses by its generation.
    if (!store_.read(view_, page, out)) out.fill(0);
  }

 private:
  const PageStore& store_;
  const View view_;
};

std::optional<Commit> OpenFile::take_commit() {
  CHECK(level_ == SQLITE_LOCK_NONE);
  std::optional<Commit> out = std::move(sealed_);
  sealed_.reset();
  return out;
}

int OpenFile::read(void* out, int size, sqlite3_int64 offset) {
  const PageNo page = static_cast<PageNo>(offset / kPageBytes) + 1;
  const size_t at = static_cast<size_t>(offset) % kPageBytes;
  const size_t wanted = static_cast<size_t>(size);
  CHECK(at + wanted <= kPageBytes);
  // The statement outlived its transaction's commit, so its snapshot and the cache disagree.
  if (sealed_) return refuse(Refusal::kStale, SQLITE_IOERR_READ);
  if (offset + size > this->size()) {
    std::memset(out, 0, wanted);
    return SQLITE_IOERR_SHORT_READ;
  }
  const auto own = set_.pages.find(page);
  if (own != set_.pages.end()) {
    std::memcpy(out, own->second->data() + at, wanted);
    return SQLITE_OK;
  }
  if (!store_.read_part(view_, page, at, wanted, out)) {
    return refuse(Refusal::kStale, SQLITE_IOERR_READ);
  }
  return SQLITE_OK;
}

int OpenFile::write(const void* bytes, int size, sqlite3_int64 offset) {
  if (!writing_) return SQLITE_IOERR_WRITE;
  const PageNo page = static_cast<PageNo>(offset / kPageBytes) + 1;
  // SQLite writes whole pages, except when it grows the file by the last byte of its last page.
  CHECK(size == static_cast<int>(kPageBytes) && offset % kPageBytes == 0);
  PagePtr& slot = set_.pages[page];
  if (!slot) slot = std::make_unique<Page>();
  std::memcpy(slot->data(), bytes, kPageBytes);
  set_.page_count = std::max(set_.page_count, page);
  return SQLITE_OK;
}

int OpenFile::truncate(sqlite3_int64 size) {
  if (!writing_) return SQLITE_IOERR_TRUNCATE;
  set_.page_count = static_cast<PageNo>((size + kPageBytes - 1) / kPageBytes);
  set_.pages.erase(set_.pages.upper_bound(set_.page_count), set_.pages.end());
  return SQLITE_OK;
}

sqlite3_int64 OpenFile::size() const {
  const PageNo count = writing_                    ? set_.page_count
                       : level_ > SQLITE_LOCK_NONE ? store_.page_count(view_)
                                                   : 0;
  return static_cast<sqlite3_int64>(count) * kPageBytes;
}

int OpenFile::lock(int level) {
  if (level_ == SQLITE_LOCK_NONE) {
    // A sealed transaction has not been taken to the group yet, so no other one may follow.
    if (sealed_) return refuse(Refusal::kOutside, SQLITE_IOERR_LOCK);
    view_ = store_.pin(may_write_ ? Visible::kPublished : Visible::kCommitted);
    level_ = SQLITE_LOCK_SHARED;
    refusal_ = Refusal::kNone;
  }
  if (level >= SQLITE_LOCK_RESERVED && !writing_) {
    const int rc = reserve();
    if (rc != SQLITE_OK) return rc;
  }
  level_ = std::max(level_, level);
  return SQLITE_OK;
}

int OpenFile::reserve() {
  if (!may_write_) return refuse(Refusal::kReadOnly, SQLITE_READONLY);
  switch (store_.reserve(view_)) {
    case Reserve::kGranted: break;
    case Reserve::kBusy: return refuse(Refusal::kBusy, SQLITE_BUSY);
    case Reserve::kOutdated: return refuse(Refusal::kOutdated, SQLITE_BUSY_SNAPSHOT);
    case Reserve::kStale: return refuse(Refusal::kStale, SQLITE_IOERR_LOCK);
  }
  writing_ = true;
  set_ = WriteSet();
  set_.base = view_.lsn;
  set_.page_count = store_.page_count(view_);
  return SQLITE_OK;
}

int OpenFile::unlock(int level) {
  if (writing_ && level < SQLITE_LOCK_RESERVED) {
    writing_ = false;
    set_ = WriteSet();
    store_.release();
  }
  if (level == SQLITE_LOCK_NONE && level_ > SQLITE_LOCK_NONE) store_.unpin(view_);
  level_ = std::min(level_, level);
  return SQLITE_OK;
}

// The last call that can still fail a COMMIT cleanly: SQLite then rolls back.
int OpenFile::check_commit() {
  if (set_.pages.size() > kCommitPagesMax) return refuse(Refusal::kTooLarge, SQLITE_FULL);
  return SQLITE_OK;
}

void OpenFile::seal() {
  if (!writing_ || set_.pages.empty()) return;
  CHECK(!sealed_);
  std::string payload = encode_delta(set_, Base(store_, view_));
  sealed_.emplace(store_, view_.generation, std::move(set_), std::move(payload));
  set_ = WriteSet();
  writing_ = false;  // the reservation now belongs to the Commit
}

OpenFile& file_of(sqlite3_file* handle) {
  return *reinterpret_cast<Handle*>(handle)->file;
}

int file_close(sqlite3_file* f) {
  delete reinterpret_cast<Handle*>(f)->file;
  return SQLITE_OK;
}
int file_read(sqlite3_file* f, void* out, int n, sqlite3_int64 at) {
  return file_of(f).read(out, n, at);
}
int file_write(sqlite3_file* f, const void* bytes, int n, sqlite3_int64 at) {
  return file_of(f).write(bytes, n, at);
}
int file_truncate(sqlite3_file* f, sqlite3_int64 size) {
  return file_of(f).truncate(size);
}
int file_sync(sqlite3_file*, int) {
  return SQLITE_OK;
}
int file_size(sqlite3_file* f, sqlite3_int64* out) {
  *out = file_of(f).size();
  return SQLITE_OK;
}
int file_lock(sqlite3_file* f, int level) {
  return file_of(f).lock(level);
}
int file_unlock(sqlite3_file* f, int level) {
  return file_of(f).unlock(level);
}
int file_check_reserved(sqlite3_file*, int* out) {
  *out = 0;
  return SQLITE_OK;
}
int file_control(sqlite3_file* f, int op, void*) {
  if (op == SQLITE_FCNTL_SYNC) return file_of(f).check_commit();
  if (op == SQLITE_FCNTL_COMMIT_PHASETWO) {
    file_of(f).seal();
    return SQLITE_OK;
  }
  return SQLITE_NOTFOUND;
}
int file_sector_size(sqlite3_file*) {
  return static_cast<int>(kPageBytes);
}
int file_characteristics(sqlite3_file*) {
  return SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SEQUENTIAL;
}

sqlite3_io_methods make_methods() {
  sqlite3_io_methods m{};
  m.iVersion = 1;  // without shared memory, so WAL cannot be switched on
  m.xClose = file_close;
  m.xRead = file_read;
  m.xWrite = file_write;
  m.xTruncate = file_truncate;
  m.xSync = file_sync;
  m.xFileSize = file_size;
  m.xLock = file_lock;
  m.xUnlock = file_unlock;
  m.xCheckReservedLock = file_check_reserved;
  m.xFileControl = file_control;
  m.xSectorSize = file_sector_size;
  m.xDeviceCharacteristics = file_characteristics;
  return m;
}
const sqlite3_io_methods kMethods = make_methods();

int vfs_open(sqlite3_vfs* vfs, const char*, sqlite3_file* f, int flags, int* out_flags) {
  f->pMethods = nullptr;
  if (!(flags & SQLITE_OPEN_MAIN_DB)) return SQLITE_CANTOPEN;
  auto* handle = reinterpret_cast<Handle*>(f);
  handle->file = new OpenFile(static_cast<PageVfs*>(vfs->pAppData)->store());
  handle->base.pMethods = &kMethods;
  if (out_flags) *out_flags = flags;
  return SQLITE_OK;
}
int vfs_delete(sqlite3_vfs*, const char*, int) {
  return SQLITE_OK;
}
int vfs_access(sqlite3_vfs*, const char*, int, int* out) {
  *out = 0;
  return SQLITE_OK;
}
int vfs_full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}
int vfs_randomness(sqlite3_vfs*, int size, char* out) {
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  return system->xRandomness(system, size, out);
}
int vfs_sleep(sqlite3_vfs*, int) {
  return 0;
}
int vfs_time(sqlite3_vfs*, double* out) {
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  return system->xCurrentTime(system, out);
}
int vfs_time_ms(sqlite3_vfs*, sqlite3_int64* out) {
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  return system->xCurrentTimeInt64(system, out);
}
int vfs_last_error(sqlite3_vfs*, int, char*) {
  return 0;
}

}  // namespace

PageVfs::PageVfs(PageStore& store)
    : store_(store),
      turns_(std::max(1u, std::thread::hardware_concurrency())),
      vfs_(std::make_unique<sqlite3_vfs>()) {
  install_memory_accounts();
  static std::atomic<unsigned> serial{0};
  name_ = "multiaz-pages-" + std::to_string(serial++);
  *vfs_ = sqlite3_vfs{};
  vfs_->iVersion = 2;
  vfs_->szOsFile = sizeof(Handle);
  vfs_->mxPathname = 64;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = vfs_open;
  vfs_->xDelete = vfs_delete;
  vfs_->xAccess = vfs_access;
  vfs_->xFullPathname = vfs_full_path;
  vfs_->xRandomness = vfs_randomness;
  vfs_->xSleep = vfs_sleep;
  vfs_->xCurrentTime = vfs_time;
  vfs_->xGetLastError = vfs_last_error;
  vfs_->xCurrentTimeInt64 = vfs_time_ms;
  CHECK(sqlite3_vfs_register(vfs_.get(), 0) == SQLITE_OK);
}

PageVfs::~PageVfs() {
  sqlite3_vfs_unregister(vfs_.get());
}

PageFile& PageFile::of(sqlite3* connection) {
  sqlite3_file* handle = nullptr;
  const int rc = sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &handle);
  CHECK(rc == SQLITE_OK && handle && handle->pMethods == &kMethods);
  return file_of(handle);
}

}  // namespace multiaz::dbnode::store
