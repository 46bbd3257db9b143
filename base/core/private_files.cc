#include "base/core/private_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace multiaz {

namespace {

constexpr mode_t kOthers = 077, kOthersWrite = 022;
constexpr int kNamesTried = 16;

Error failed(const std::string& path) {
  return Error(errno == ENOENT ? Code::kNotFound : Code::kIo, path + ": " + strerror(errno));
}

std::string octal(mode_t mode) {
  char text[16];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
  return text;
}

std::string owner(const struct stat& facts) {
  return "belongs to user " + std::to_string(facts.st_uid) + ", not to you (" +
         std::to_string(geteuid()) + ")";
}

Error denied(const std::string& path, const std::string& what, const std::string& advice) {
  return Error(Code::kDenied, path + " " + what + ": " + advice);
}

constexpr const char* kElsewhere =
    "it is not used; remove it, or set MULTIAZ_RUN to a folder of your own";

Status write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t wrote = write(fd, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return failed(path);
    text.remove_prefix(static_cast<size_t>(wrote));
  }
  return Status();
}

// Opens a new file under a fresh name beside the final one; whatever else lies there belongs to
// other programs and stays untouched.
int open_beside(const std::string& path, std::string& name) {
  for (int i = 0; i < kNamesTried; ++i) {
    name = path + ".new-" + std::to_string(getpid()) + (i ? "-" + std::to_string(i) : "");
    const int fd = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

}  // namespace

void keep_files_private() {
  umask(kOthers);
}

namespace {

Status check_folder(const std::string& path, mode_t refused) {
  struct stat facts {};
  if (lstat(path.c_str(), &facts) != 0) return failed(path);
  if (S_ISLNK(facts.st_mode)) return denied(path, "is a link", kElsewhere);
  if (!S_ISDIR(facts.st_mode)) return denied(path, "is no folder", kElsewhere);
  if (facts.st_uid != geteuid()) return denied(path, owner(facts), kElsewhere);
  if (facts.st_mode & refused) {
    return denied(path, "is open to others (mode " + octal(facts.st_mode) + ")",
                  "look at what is in it, then chmod 700 " + path + ", or remove it");
  }
  return Status();
}

}  // namespace

Status check_private_folder(const std::string& path) {
  return check_folder(path, kOthers);
}

Status check_own_folder(const std::string& path) {
  return check_folder(path, kOthersWrite);
}

Status make_private_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed(path);
  return check_private_folder(path);
}

Status check_parent_folder(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return failed(path);
  if (!S_ISDIR(facts.st_mode)) return denied(path, "is no folder", kElsewhere);
  if (facts.st_uid != geteuid() && facts.st_uid != 0) {
    return denied(path, owner(facts), kElsewhere);
  }
  if ((facts.st_mode & kOthersWrite) && !(facts.st_mode & S_ISVTX)) {
    return denied(path, "can be written by others (mode " + octal(facts.st_mode) + ")",
                  "chmod go-w " + path + ", or set MULTIAZ_RUN to a folder of your own");
  }
  return Status();
}

Status check_ours(const std::string& path) {
  struct stat facts {};
  if (lstat(path.c_str(), &facts) != 0) return failed(path);
  if (S_ISLNK(facts.st_mode)) return denied(path, "is a link", kElsewhere);
  if (facts.st_uid != geteuid()) return denied(path, owner(facts), kElsewhere);
  return Status();
}

Status write_private_file(const std::string& path, std::string_view text) {
  std::string name;
  const int fd = open_beside(path, name);
  if (fd < 0) return failed(name);
  Status done = write_all(fd, text, name);
  close(fd);
  if (done && rename(name.c_str(), path.c_str()) != 0) done = failed(path);
  if (!done) unlink(name.c_str());
  return done;
}

}  // namespace multiaz
