#include "base/rt/listeners.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

namespace multiaz::rt {

namespace {

constexpr unsigned kListen = 10;  // TCP_LISTEN as /proc/net/tcp writes it
constexpr size_t kHexOfV4 = 8, kHexOfV6 = 32;

// Reads "0100007F" or 32 digits; each group of eight is one word in the machine's byte order.
bool read_ip(const char* hex, uint32_t& ip) {
  const size_t size = std::strlen(hex);
  if (size != kHexOfV4 && size != kHexOfV6) return false;
  unsigned word = 0;
  if (std::sscanf(hex + size - kHexOfV4, "%8X", &word) != 1) return false;
  ip = ntohl(word);
  if (size == kHexOfV4) return true;
  const std::string_view front(hex, size - kHexOfV4);
  const bool any = front.find_first_not_of('0') == std::string_view::npos;
  const bool mapped = front == "0000000000000000FFFF0000";
  return mapped || (any && ip == 0);
}

void read_table(const char* path, std::vector<ListeningSocket>& out) {
  std::FILE* file = std::fopen(path, "re");
  if (!file) return;
  char line[512];
  while (std::fgets(line, sizeof line, file)) {
    char address[64] = {};
    unsigned port = 0, state = 0;
    unsigned long inode = 0;
    const int got = std::sscanf(line, " %*d: %32[0-9A-F]:%4X %*s %2X %*s %*s %*s %*s %*s %lu",
                                address, &port, &state, &inode);
    ListeningSocket one;
    if (got != 4 || state != kListen || !read_ip(address, one.ip)) continue;
    one.port = static_cast<uint16_t>(port);
    one.inode = inode;
    out.push_back(one);
  }
  std::fclose(file);
}

}  // namespace

std::vector<ListeningSocket> listening_sockets() {
  std::vector<ListeningSocket> out;
  read_table("/proc/net/tcp", out);
  read_table("/proc/net/tcp6", out);
  return out;
}

bool holds_socket(pid_t pid, uint64_t inode) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  const std::string wanted = "socket:[" + std::to_string(inode) + "]";
  DIR* entries = opendir(folder.c_str());
  if (!entries) return false;
  bool found = false;
  while (const dirent* entry = found ? nullptr : readdir(entries)) {
    char target[64];
    const ssize_t size = readlinkat(dirfd(entries), entry->d_name, target, sizeof target);
    found = size > 0 && std::string_view(target, static_cast<size_t>(size)) == wanted;
  }
  closedir(entries);
  return found;
}

}  // namespace multiaz::rt
