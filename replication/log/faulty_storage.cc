// The file system that this process uses: the real one, with the disk faults that are in force
// (base/faults/inner_faults.h).
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "base/faults/inner_faults.h"
#include "replication/log/storage.h"

namespace multiaz::replication {

namespace {

// A write since the last sync of its file, which a loss of power takes back.
struct Undo {
  std::shared_ptr<File> file;
  uint64_t offset = 0, size_before = 0;
  std::string before;
};

class Unsynced {
 public:
  void add(Undo one) {
    const std::lock_guard lock(mutex_);
    if (!armed_) inner_faults().on_power_loss([this] { take_back(); });
    armed_ = true;
    undo_.push_back(std::move(one));
    any_ = true;
  }
  void synced(const File* file) {
    if (!any_) return;
    const std::lock_guard lock(mutex_);
    std::erase_if(undo_, [file](const Undo& one) { return one.file.get() == file; });
    any_ = !undo_.empty();
  }

 private:
  void take_back() {
    const std::lock_guard lock(mutex_);
    for (; !undo_.empty(); undo_.pop_back()) {
      const Undo& one = undo_.back();
      if (!one.before.empty()) (void)one.file->write(one.offset, one.before);
      (void)one.file->truncate(one.size_before);
      inner_faults().count("power_loss"_fault);
    }
  }
  std::atomic<bool> any_{false};  // as long as it is false, a sync looks no further
  std::mutex mutex_;
  bool armed_ = false;
  std::deque<Undo> undo_;
};

Unsynced& unsynced() {
  static Unsynced instance;
  return instance;
}

class FaultyFile : public File {
 public:
  FaultyFile(std::shared_ptr<File> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  Status write(uint64_t offset, std::string_view bytes) override {
    if (inner_faults().quiet()) return file_->write(offset, bytes);
    slow();
    if (inner_faults().strikes("disk_full"_fault)) {
      return Error(Code::kLimit, path_ + ": write: No space left on device (a fault)");
    }
    if (bytes.size() > 1 && inner_faults().strikes("torn_write"_fault)) {
      (void)file_->write(offset, bytes.substr(0, bytes.size() / 2));
      inner_faults().lose_power();
    }
    if (inner_faults().active("power_loss"_fault)) remember(offset, bytes.size());
    const Status done = file_->write(offset, bytes);
    if (const auto flip = inner_faults().active("bit_flip"_fault)) {
      flip_bit(*flip, offset + bytes.size());
    }
    return done;
  }

  Status sync() override {
    if (!inner_faults().quiet()) slow();
    if (inner_faults().strikes("disk_error"_fault)) {
      return Error(Code::kIo, path_ + ": fdatasync: Input/output error (a fault)");
    }
    const Status done = file_->sync();
    if (done) unsynced().synced(file_.get());
    return done;
  }

  Result<std::string> read(uint64_t offset, size_t bytes) override {
    return file_->read(offset, bytes);
  }
  Result<uint64_t> size() override { return file_->size(); }
  Status truncate(uint64_t bytes) override { return file_->truncate(bytes); }
  Status allocate(uint64_t bytes) override { return file_->allocate(bytes); }

 private:
  static void slow() {
    const auto rule = inner_faults().strikes("disk_slow"_fault);
    if (rule) std::this_thread::sleep_for(std::chrono::milliseconds(rule->amount));
  }

  void remember(uint64_t offset, size_t bytes) {
    Undo one;
    one.file = file_;
    one.offset = offset;
    const auto size = file_->size();
    one.size_before = size ? *size : offset + bytes;
    auto before = file_->read(offset, bytes);
    if (before) one.before = std::move(*before);
    unsynced().add(std::move(one));
  }

  // Flips a bit among the bytes that were written so far, since a segment's file is longer than
  // those.
  void flip_bit(const InnerRule& rule, uint64_t written) {
    if (written == 0 || !inner_faults().first_time(rule.id, "flip")) return;
    const uint64_t wanted = written * std::min<uint64_t>(rule.amount, 1000) / 1000;
    const uint64_t at = std::min(written - 1, wanted);
    auto byte = file_->read(at, 1);
    if (!byte || byte->empty()) return;
    (*byte)[0] = static_cast<char>((*byte)[0] ^ 1);
    if (file_->write(at, *byte).ok()) inner_faults().count("bit_flip"_fault);
  }

  std::shared_ptr<File> file_;
  std::string path_;
};

class FaultyStorage : public Storage {
 public:
  Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override {
    auto file = file_storage().open(path, mode);
    if (!file) return file.error();
    return std::shared_ptr<File>(std::make_shared<FaultyFile>(std::move(*file), path));
  }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    return file_storage().list(folder);
  }
  Status make_folder(const std::string& folder) override {
    return file_storage().make_folder(folder);
  }
  Status rename(const std::string& from, const std::string& to) override {
    return file_storage().rename(from, to);
  }
  Status remove(const std::string& path) override { return file_storage().remove(path); }
  Status sync_folder(const std::string& folder) override {
    return file_storage().sync_folder(folder);
  }
  Result<std::unique_ptr<FolderLock>> lock(const std::string& path) override {
    return file_storage().lock(path);
  }
};

}  // namespace

Storage& faulty_storage() {
  static FaultyStorage storage;
  return storage;
}

}  // namespace multiaz::replication
