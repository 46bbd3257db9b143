// The tests show whose unix sockets are accepted: those of our own user, not those of another one.
#include "base/rt/unix_peer.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/core/check.h"
#include "base/rt/loop.h"
#include "base/rt/sync.h"

namespace multiaz::rt {
namespace {

constexpr uid_t kOther = 65534;

struct Folder {
  Folder() : path(mkdtemp(name)) { CHECK(chmod(name, 0777) == 0); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  char name[32] = "/tmp/multiaz-peer-XXXXXX";
  std::string path;
};

sockaddr_un address_of(const std::string& path) {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  CHECK(path.size() < sizeof out.sun_path);
  path.copy(out.sun_path, path.size());
  return out;
}

// A child process runs as that user before it touches the socket, so the socket counts as his.
struct Child {
  template <typename Act>
  Child(uid_t user, Act act) {
    int ready[2];
    CHECK(pipe(ready) == 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
      if (user != geteuid() && setuid(user) != 0) _exit(1);
      const int fd = act();
      if (fd < 0 || write(ready[1], "x", 1) != 1) _exit(2);
      pause();
      _exit(0);
    }
    close(ready[1]);
    char byte = 0;
    CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
  }
  ~Child() {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  pid_t pid = 0;
};

int listen_at(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un raw = address_of(path);
  const bool up = bind(fd, reinterpret_cast<const sockaddr*>(&raw), sizeof raw) == 0 &&
                  chmod(path.c_str(), 0777) == 0 && listen(fd, 8) == 0;
  return up ? fd : -1;
}

int connect_at(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un raw = address_of(path);
  const bool up = connect(fd, reinterpret_cast<const sockaddr*>(&raw), sizeof raw) == 0;
  return up ? fd : -1;
}

Task<int> meets(std::string path, uint32_t also, Code expected) {
  auto conn = co_await connect_unix_to(path, also);
  const Code got = conn ? Code::kOk : conn.error().code;
  EXPECT_EQ(got, expected);
  if (got == Code::kDenied) {
    EXPECT_NE(conn.error().detail.find(path), std::string::npos);
    EXPECT_NE(conn.error().detail.find("user 65534"), std::string::npos);
  }
  co_return 0;
}

TEST(UnixPeer, OurOwnUserAnswers) {
  const Folder folder;
  const std::string path = folder.path + "/socket";
  const Child server(geteuid(), [&] { return listen_at(path); });
  EXPECT_EQ(run(meets(path, kNoOtherUser, Code::kOk)), 0);
}

TEST(UnixPeer, AnotherUsersSocketGetsNoWordAndIsNamed) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can act as two users";
  const Folder folder;
  const std::string path = folder.path + "/socket";
  const Child server(kOther, [&] { return listen_at(path); });
  EXPECT_EQ(run(meets(path, kNoOtherUser, Code::kDenied)), 0);
  EXPECT_EQ(run(meets(path, 1234, Code::kDenied)), 0);
  EXPECT_EQ(run(meets(path, kOther, Code::kOk)), 0);  // a server that runs as this user
}

Task<int> is_met(std::string path, uid_t user, Code expected) {
  auto listener = Listener::bind_unix(path);
  CHECK(listener.ok() && chmod(path.c_str(), 0777) == 0);
  const Child client(user, [&] { return connect_at(path); });
  auto conn = co_await (*listener)->accept();
  CHECK(conn.ok());
  const Status known = check_unix_peer(**conn, path);
  EXPECT_EQ(known ? Code::kOk : known.error().code, expected);
  co_return 0;
}

TEST(UnixPeer, WhoConnectsIsKnownToo) {
  const Folder folder;
  EXPECT_EQ(run(is_met(folder.path + "/ours", geteuid(), Code::kOk)), 0);
  if (geteuid() != 0) GTEST_SKIP() << "only root can act as two users";
  EXPECT_EQ(run(is_met(folder.path + "/his", kOther, Code::kDenied)), 0);
}

}  // namespace
}  // namespace multiaz::rt
