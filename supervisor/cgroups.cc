#include "supervisor/cgroups.h"
#include "base/core/paths.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <sstream>

namespace multiaz::supervisor {

namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "multiaz-";
constexpr uint64_t kPeriodUs = 100'000;

// A control file takes exactly one write and must not be created.
Status write_control(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return Error(Code::kUnavailable, path + ": " + strerror(errno));
  const ssize_t done = write(fd, text.data(), text.size());
  const int failed = errno;
  close(fd);
  if (done == static_cast<ssize_t>(text.size())) return Status();
  return Error(Code::kUnavailable, path + ": " + strerror(failed));
}

Status make_group(const std::string& path) {
  std::error_code failed;
  fs::create_directory(path, failed);
  return failed ? Error(Code::kUnavailable, path + ": " + failed.message()) : Status();
}

std::string quota_us(const CgroupLimits& limits) {
  return std::to_string(std::max<uint64_t>(1000, limits.cpu_percent * kPeriodUs / 100));
}

std::string bytes_of(const CgroupLimits& limits) {
  return std::to_string(limits.memory_mb << 20);
}

}  // namespace

// The text has lines such as "0::/user.slice/x" (version 2) or "8:cpu,cpuacct:/" (version 1).
Cgroups::Cgroups(std::string root, const std::string& membership) {
  std::istringstream lines(membership);
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string names = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    if (path == "/") path.clear();
    if (names.empty() && access((root + path + "/cgroup.controllers").c_str(), R_OK) == 0)
      v2_ = root + path;
    std::istringstream each(names);
    for (std::string name; std::getline(each, name, ',');) {
      const std::string folder = root + "/" + names + path;
      const std::string there =
          access(folder.c_str(), F_OK) == 0 ? folder : root + "/" + name + path;
      if (name == "cpu") cpu_ = there;
      if (name == "memory") memory_ = there;
    }
  }
  for (const std::string* base : {&v2_, &cpu_, &memory_}) {
    if (!base->empty()) sweep(*base);
  }
}

Cgroups::~Cgroups() {
  for (const std::string& id : std::vector<std::string>(made_)) remove(id);
}

std::string Cgroups::folder(const std::string& base, const std::string& id) const {
  return base + "/" + kPrefix + std::to_string(getpid()) + "-" + id;
}

// Removes the groups of supervisors that were killed before they could clean up.
void Cgroups::sweep(const std::string& base) const {
  for (const fs::path& entry : entries_of(base)) {
    const std::string name = entry.filename().string();
    if (!name.starts_with(kPrefix)) continue;
    const std::string rest = name.substr(std::strlen(kPrefix));
    pid_t owner = 0;
    std::from_chars(rest.data(), rest.data() + rest.size(), owner);
    if (owner <= 0 || kill(owner, 0) == 0 || errno != ESRCH) continue;
    rmdir(entry.c_str());  // rmdir only removes an empty one
  }
}

// A group with processes of its own cannot hand controllers on, so this process moves into a new
// group beside the others.
Status Cgroups::open_v2() {
  if (v2_open_) return Status();
  const std::string mine = folder(v2_, "supervisor");
  const Status made = make_group(mine);
  if (!made) return made;
  Status moved = write_control(mine + "/cgroup.procs", "0");
  if (moved) moved = write_control(v2_ + "/cgroup.subtree_control", "+cpu +memory");
  if (!moved) {
    (void)write_control(v2_ + "/cgroup.procs", "0");
    rmdir(mine.c_str());
    return Error(Code::kUnavailable, "this control group is not delegated (" +
                                         moved.error().detail +
                                         "); try: systemd-run --user --scope -p Delegate=yes");
  }
  v2_open_ = true;
  return Status();
}

Result<std::vector<std::string>> Cgroups::prepare(const std::string& id,
                                                  const CgroupLimits& limits) {
  std::vector<std::string> join;
  if (limits.cpu_percent == 0 && limits.memory_mb == 0) return join;
  struct Wanted {
    std::string base, file, text;
  };
  std::vector<Wanted> wanted;
  if (!v2_.empty()) {
    const Status open = open_v2();
    if (!open) return open.error();
    if (limits.cpu_percent)
      wanted.push_back({v2_, "cpu.max", quota_us(limits) + " " + std::to_string(kPeriodUs)});
    if (limits.memory_mb) wanted.push_back({v2_, "memory.max", bytes_of(limits)});
  } else {
    if (limits.cpu_percent) wanted.push_back({cpu_, "cpu.cfs_quota_us", quota_us(limits)});
    if (limits.memory_mb) wanted.push_back({memory_, "memory.limit_in_bytes", bytes_of(limits)});
  }
  made_.push_back(id);
  for (const Wanted& one : wanted) {
    if (one.base.empty()) return Error(Code::kUnavailable, "there are no control groups here");
    const std::string path = folder(one.base, id);
    Status done = make_group(path);
    if (done) done = write_control(path + "/" + one.file, one.text);
    if (!done) return done.error();
    const std::string procs = path + "/cgroup.procs";
    if (std::find(join.begin(), join.end(), procs) == join.end()) join.push_back(procs);
  }
  return join;
}

void Cgroups::remove(const std::string& id) {
  if (std::erase(made_, id) == 0) return;
  for (const std::string* base : {&v2_, &cpu_, &memory_}) {
    if (!base->empty()) rmdir(folder(*base, id).c_str());
  }
}

}  // namespace multiaz::supervisor
