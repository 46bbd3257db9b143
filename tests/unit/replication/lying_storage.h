// A disk in memory that fails as real ones do: it forgets what was not synced, fails the nth
// operation, runs full, and forgets the pages that it failed to sync (fsyncgate).
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/core/random.h"
#include "replication/log/storage.h"

namespace multiaz::replication {

struct DiskNode {
  std::string bytes;   // what a reader sees
  std::string synced;  // what survives a power cut
};

class LyingStorage : public Storage {
 public:
  // --- for tests ---
  // The nth operation (1 = the next) fails whose text "sync /d/log-..." contains `part`.
  void fail(std::string part, int nth, Code code = Code::kIo);
  void bytes_max(uint64_t bytes);          // ENOSPC beyond that
  void hold_syncs(bool on);                // syncs wait
  void cut_power(Random* torn = nullptr);  // all unsynced bytes are lost; torn: some remain
  void stop_after(uint64_t operations);    // then every operation fails, as without power
  uint64_t operations() const;
  std::string& bytes_of(const std::string& path);
  // Damage that also survives a power cut.
  void at_rest(const std::string& path, std::string bytes);
  std::vector<std::string> files() const;

  // --- Storage ---
  Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Status make_folder(const std::string&) override { return Status(); }
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status sync_folder(const std::string& folder) override;
  Result<std::unique_ptr<FolderLock>> lock(const std::string& path) override;

 private:
  friend class LyingFile;
  struct Rule {
    std::string part;
    int nth;
    Code code;
  };
  Status step(const std::string& operation);
  void wait_for_syncs();
  void forget_unsynced(const std::shared_ptr<DiskNode>& node);

  mutable std::mutex mutex_;
  std::condition_variable released_;
  std::map<std::string, std::shared_ptr<DiskNode>> names_;
  std::map<std::string, std::shared_ptr<DiskNode>> synced_names_;
  std::vector<Rule> rules_;
  std::set<std::string> locks_;
  uint64_t operations_ = 0;
  uint64_t operations_max_ = ~0ull;
  uint64_t bytes_max_ = ~0ull;
  bool hold_ = false;
};

class LyingFile : public File {
 public:
  LyingFile(LyingStorage& disk, std::shared_ptr<DiskNode> node, std::string path)
      : disk_(disk), node_(std::move(node)), path_(std::move(path)) {}

  Status write(uint64_t offset, std::string_view bytes) override {
    if (Status ok = disk_.step("write " + path_); !ok) return ok;
    const std::lock_guard<std::mutex> guard(disk_.mutex_);
    uint64_t sum = 0;
    for (const auto& [name, node] : disk_.names_) sum += node->bytes.size();
    if (sum + bytes.size() > disk_.bytes_max_) {
      return Error(Code::kLimit, path_ + ": write: No space left on device");
    }
    if (node_->bytes.size() < offset + bytes.size()) node_->bytes.resize(offset + bytes.size());
    node_->bytes.replace(offset, bytes.size(), bytes);
    return Status();
  }
  Result<std::string> read(uint64_t offset, size_t bytes) override {
    const std::lock_guard<std::mutex> guard(disk_.mutex_);
    if (offset >= node_->bytes.size()) return std::string();
    return node_->bytes.substr(offset, bytes);
  }
  Result<uint64_t> size() override {
    const std::lock_guard<std::mutex> guard(disk_.mutex_);
    return static_cast<uint64_t>(node_->bytes.size());
  }
  Status sync() override {
    disk_.wait_for_syncs();
    if (Status ok = disk_.step("sync " + path_); !ok) {
      disk_.forget_unsynced(node_);  // bytes that failed to reach the disk are marked clean
      return ok;
    }
    const std::lock_guard<std::mutex> guard(disk_.mutex_);
    node_->synced = node_->bytes;
    return Status();
  }
  Status truncate(uint64_t bytes) override {
    if (Status ok = disk_.step("truncate " + path_); !ok) return ok;
    const std::lock_guard<std::mutex> guard(disk_.mutex_);
    node_->bytes.resize(bytes);
    return Status();
  }
  Status allocate(uint64_t bytes) override {
    if (Status ok = disk_.step("allocate " + path_); !ok) return ok;
    const std::lock_guard<std::mutex> guard(disk_.mutex_);
    if (node_->bytes.size() < bytes) node_->bytes.resize(bytes);
    return Status();
  }

 private:
  LyingStorage& disk_;
  std::shared_ptr<DiskNode> node_;
  std::string path_;
};

}  // namespace multiaz::replication
