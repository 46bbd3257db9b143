#include "tests/unit/replication/lying_storage.h"

#include <algorithm>

namespace multiaz::replication {

void LyingStorage::fail(std::string part, int nth, Code code) {
  const std::lock_guard<std::mutex> guard(mutex_);
  Rule rule;
  rule.part = std::move(part);
  rule.nth = nth;
  rule.code = code;
  rules_.push_back(std::move(rule));
}

void LyingStorage::bytes_max(uint64_t bytes) {
  const std::lock_guard<std::mutex> guard(mutex_);
  bytes_max_ = bytes;
}

void LyingStorage::hold_syncs(bool on) {
  const std::lock_guard<std::mutex> guard(mutex_);
  hold_ = on;
  released_.notify_all();
}

void LyingStorage::stop_after(uint64_t operations) {
  const std::lock_guard<std::mutex> guard(mutex_);
  operations_max_ = operations == 0 ? ~0ull : operations_ + operations;
}

uint64_t LyingStorage::operations() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return operations_;
}

// Names and bytes return to the synced ones. A torn cut keeps a random part of the pages.
void LyingStorage::cut_power(Random* torn) {
  constexpr size_t kPageBytes = 512;
  const std::lock_guard<std::mutex> guard(mutex_);
  names_ = synced_names_;
  locks_.clear();
  operations_max_ = ~0ull;
  rules_.clear();
  for (auto& [name, node] : names_) {
    std::string after = node->synced;
    for (size_t at = 0; torn && at < node->bytes.size(); at += kPageBytes) {
      if (torn->percent(50)) continue;
      const std::string page = node->bytes.substr(at, kPageBytes);
      if (after.size() < at + page.size()) after.resize(at + page.size());
      after.replace(at, page.size(), page);
    }
    auto fresh = std::make_shared<DiskNode>();
    fresh->bytes = fresh->synced = after;
    node = fresh;
  }
  synced_names_ = names_;
}

std::string& LyingStorage::bytes_of(const std::string& path) {
  const std::lock_guard<std::mutex> guard(mutex_);
  CHECK_NOTE(names_.count(path) == 1, path);
  return names_[path]->bytes;
}

void LyingStorage::at_rest(const std::string& path, std::string bytes) {
  const std::lock_guard<std::mutex> guard(mutex_);
  auto node = std::make_shared<DiskNode>();
  node->bytes = node->synced = std::move(bytes);
  names_[path] = synced_names_[path] = node;
}

std::vector<std::string> LyingStorage::files() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  std::vector<std::string> out;
  for (const auto& [name, node] : names_) out.push_back(name);
  return out;
}

Status LyingStorage::step(const std::string& operation) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (++operations_ > operations_max_) return Error(Code::kIo, operation + ": no power");
  for (Rule& rule : rules_) {
    if (operation.find(rule.part) == std::string::npos || rule.nth <= 0) continue;
    if (--rule.nth == 0) return Error(rule.code, operation + ": told to fail");
  }
  return Status();
}

void LyingStorage::wait_for_syncs() {
  std::unique_lock<std::mutex> guard(mutex_);
  released_.wait(guard, [this] { return !hold_; });
}

void LyingStorage::forget_unsynced(const std::shared_ptr<DiskNode>& node) {
  const std::lock_guard<std::mutex> guard(mutex_);
  node->bytes = node->synced;
}

Result<std::shared_ptr<File>> LyingStorage::open(const std::string& path, OpenMode mode) {
  if (mode == OpenMode::kCreate) {
    if (Status ok = step("create " + path); !ok) return ok.error();
  }
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = names_.find(path);
  if (found == names_.end() && mode == OpenMode::kExisting) {
    return Error(Code::kNotFound, path + ": no such file");
  }
  if (found == names_.end() || mode == OpenMode::kCreate) {
    names_[path] = std::make_shared<DiskNode>();
  }
  return std::shared_ptr<File>(std::make_shared<LyingFile>(*this, names_[path], path));
}

Result<std::vector<std::string>> LyingStorage::list(const std::string& folder) {
  const std::lock_guard<std::mutex> guard(mutex_);
  std::vector<std::string> out;
  for (const auto& [name, node] : names_) {
    if (name.rfind(folder + "/", 0) == 0) out.push_back(name.substr(folder.size() + 1));
  }
  return out;
}

Status LyingStorage::rename(const std::string& from, const std::string& to) {
  if (Status ok = step("rename " + to); !ok) return ok;
  const std::lock_guard<std::mutex> guard(mutex_);
  names_[to] = names_[from];
  names_.erase(from);
  return Status();
}

Status LyingStorage::remove(const std::string& path) {
  if (Status ok = step("remove " + path); !ok) return ok;
  const std::lock_guard<std::mutex> guard(mutex_);
  names_.erase(path);
  return Status();
}

Status LyingStorage::sync_folder(const std::string& folder) {
  if (Status ok = step("sync-folder " + folder); !ok) return ok;
  const std::lock_guard<std::mutex> guard(mutex_);
  synced_names_ = names_;
  return Status();
}

namespace {
class NoLock : public FolderLock {};
}  // namespace

Result<std::unique_ptr<FolderLock>> LyingStorage::lock(const std::string&) {
  return std::unique_ptr<FolderLock>(std::make_unique<NoLock>());
}

}  // namespace multiaz::replication
