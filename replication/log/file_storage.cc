#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>

#include "base/core/descriptors.h"
#include "replication/log/storage.h"

namespace multiaz::replication {

namespace {

constexpr size_t kCallBytesMax = 8u << 20;  // of one read or write call

Error failure(const std::string& path, std::string_view what) {
  const int number = errno;
  const Code code = number == ENOSPC || number == EDQUOT ? Code::kLimit
                    : number == ENOENT                   ? Code::kNotFound
                                                         : Code::kIo;
  return Error(code, path + ": " + std::string(what) + ": " + strerror(number));
}

// Keeps one descriptor for the moment when no other is free: a log that cannot begin its next
// segment because many clients use up the descriptors would end the member.
class Spare {
 public:
  Spare() { take(); }
  int open(const char* path, int flags, mode_t mode) {
    int fd = ::open(path, flags, mode);
    if (fd >= 0) return fd;
    const std::lock_guard alone(lock_);  // each log has its own thread
    if (is_own_shortage(errno) && fd_ >= 0) {
      ::close(fd_);
      fd_ = -1;
      fd = ::open(path, flags, mode);
    }
    if (fd_ < 0) take();
    return fd;
  }

 private:
  void take() {
    const int before = errno;
    fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    errno = before;
  }
  std::mutex lock_;
  int fd_ = -1;
};

int open_file(const std::string& path, int flags, mode_t mode = 0) {
  static Spare spare;
  return spare.open(path.c_str(), flags | O_CLOEXEC, mode);
}

class PosixFile : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }

  Status write(uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const size_t some = std::min(bytes.size(), kCallBytesMax);
      const ssize_t done = ::pwrite(fd_, bytes.data(), some, static_cast<off_t>(offset));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return failure(path_, "write");
      offset += static_cast<uint64_t>(done);
      bytes.remove_prefix(static_cast<size_t>(done));
    }
    return Status();
  }

  Result<std::string> read(uint64_t offset, size_t bytes) override {
    std::string out(bytes, '\0');
    size_t have = 0;
    while (have < bytes) {
      const size_t some = std::min(bytes - have, kCallBytesMax);
      const ssize_t done = ::pread(fd_, out.data() + have, some, static_cast<off_t>(offset + have));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return failure(path_, "read");
      if (done == 0) break;
      have += static_cast<size_t>(done);
    }
    out.resize(have);
    return out;
  }

  Result<uint64_t> size() override {
    struct stat about {};
    if (::fstat(fd_, &about) != 0) return failure(path_, "stat");
    return static_cast<uint64_t>(about.st_size);
  }

  Status sync() override {
    if (::fdatasync(fd_) != 0) return failure(path_, "fdatasync");
    return Status();
  }

  Status truncate(uint64_t bytes) override {
    if (::ftruncate(fd_, static_cast<off_t>(bytes)) != 0) return failure(path_, "truncate");
    return Status();
  }

  Status allocate(uint64_t bytes) override {
    const int number = ::posix_fallocate(fd_, 0, static_cast<off_t>(bytes));
    if (number == 0 || number == EOPNOTSUPP || number == EINVAL || number == EINTR) return Status();
    errno = number;
    return failure(path_, "allocate");
  }

 private:
  int fd_;
  std::string path_;
};

class PosixLock : public FolderLock {
 public:
  explicit PosixLock(int fd) : fd_(fd) {}
  ~PosixLock() override { ::close(fd_); }

 private:
  int fd_;
};

class PosixStorage : public Storage {
 public:
  Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const int create = mode == OpenMode::kCreate ? O_CREAT | O_TRUNC : 0;
    const int fd = open_file(path, O_RDWR | O_NOFOLLOW | create, 0600);
    if (fd < 0) return failure(path, "open");
    return std::shared_ptr<File>(std::make_shared<PosixFile>(fd, path));
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    DIR* dir = ::opendir(folder.c_str());
    if (!dir) return failure(folder, "list");
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(dir)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    ::closedir(dir);
    std::sort(names.begin(), names.end());
    return names;
  }

  Status make_folder(const std::string& folder) override {
    for (size_t at = folder.find('/', 1);; at = folder.find('/', at + 1)) {
      const std::string part = folder.substr(0, at);
      if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return failure(part, "make folder");
      if (at == std::string::npos) return Status();
    }
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return failure(from, "rename");
    return Status();
  }

  Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure(path, "remove");
    return Status();
  }

  Status sync_folder(const std::string& folder) override {
    const int fd = open_file(folder, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return failure(folder, "open");
    const int done = ::fsync(fd);
    const Status status = done == 0 ? Status() : Status(failure(folder, "fsync"));
    ::close(fd);
    return status;
  }

  Result<std::unique_ptr<FolderLock>> lock(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return failure(path, "open");
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      ::close(fd);
      return Error(Code::kConflict, path + ": another process uses this folder");
    }
    return std::unique_ptr<FolderLock>(std::make_unique<PosixLock>(fd));
  }
};

}  // namespace

Storage& file_storage() {
  static PosixStorage storage;
  return storage;
}

Status write_whole_file(Storage& storage, const std::string& folder, const std::string& name,
                        std::string_view bytes) {
  const std::string path = folder + "/" + name;
  const std::string draft = path + ".tmp";
  auto file = storage.open(draft, OpenMode::kCreate);
  if (!file) return file.error();
  if (Status done = (*file)->write(0, bytes); !done) return done;
  if (Status done = (*file)->sync(); !done) return done;
  if (Status done = storage.rename(draft, path); !done) return done;
  return storage.sync_folder(folder);
}

Result<std::string> read_whole_file(Storage& storage, const std::string& path) {
  auto file = storage.open(path, OpenMode::kExisting);
  if (!file) return file.error();
  const auto size = (*file)->size();
  if (!size) return size.error();
  return (*file)->read(0, *size);
}

}  // namespace multiaz::replication
