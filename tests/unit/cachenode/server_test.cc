// The server over real sockets with a group that commits when the test says so: what clients see
// of commits, lost roles, lost leases and endpoints.
#include "cachenode/server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/rt/loop.h"
#include "base/rt/sync.h"
#include "tests/lib/resp_value.h"

namespace multiaz::cachenode {
namespace {

using replication::Role;

constexpr uint32_t kLoopback = 0x7f000001;
constexpr uint64_t kReplyMs = 10'000;  // a reply that takes longer never comes
constexpr uint64_t kSilenceMs = 60;    // long enough to have seen a reply that must not come

class ScriptedGroup : public replication::Group {
 public:
  Result<Lsn> append(std::string) override { return tail = next(tail); }
  bool serving() const override { return lease; }
  bool readable() const override { return secondary; }
  Lsn commit_point() const override { return Lsn(); }
  replication::GroupStatus status() const override {
    replication::GroupStatus status;
    status.role = lease ? Role::kPrimary : Role::kSecondary;
    status.tail = tail;
    for (const char* id : {"cache-b1", "cache-c1"}) {
      replication::PeerStatus peer;
      peer.id = id;
      peer.in_sync = peer.connected = true;
      peer.acked = acked;
      status.peers.push_back(peer);
    }
    return status;
  }

  Lsn tail, acked;
  bool lease = true;
  bool secondary = false;
};

// The endpoints that a supervisor would pass on; their ports are free ones.
struct Endpoints {
  Endpoints() {
    const auto primary_fd = rt::open_listening_socket(rt::make_address(kLoopback, 0));
    const auto reader_fd = rt::open_listening_socket(rt::make_address(kLoopback, 0));
    primary = *primary_fd;
    reader = *reader_fd;
    const std::string listen =
        "cache=" + std::to_string(primary) + ",cache_reader=" + std::to_string(reader);
    setenv("MULTIAZ_LISTEN", listen.c_str(), 1);
  }
  ~Endpoints() {
    unsetenv("MULTIAZ_LISTEN");
    ::close(primary);
    ::close(reader);
  }
  static rt::Address address(int fd) {
    sockaddr_in raw{};
    socklen_t size = sizeof raw;
    EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&raw), &size), 0);
    return rt::make_address(kLoopback, ntohs(raw.sin_port));
  }
  int primary = -1, reader = -1;
};

struct Stand {
  Stand() : db(1, 1), machine(db), server(settings(), db, machine, group) {
    become(Role::kPrimary);
    EXPECT_TRUE(server.start(rt::make_address(kLoopback, 0)).ok());
  }
  static Settings settings() {
    Settings settings;
    settings.id = "cache-a1";
    return settings;
  }
  void become(Role role) {
    group.lease = role == Role::kPrimary;
    group.secondary = role == Role::kSecondary;
    if (role != Role::kPrimary) machine.rollback(machine.settled());
    machine.role_changed(role, Epoch(++epoch), "the test says so");
  }
  void commit(Lsn lsn) {
    group.acked = lsn;
    machine.committed(lsn);
  }

  Endpoints endpoints;
  Database db;
  Machine machine;
  ScriptedGroup group;
  Server server;
  uint64_t epoch = 0;
};

rt::Task<std::unique_ptr<rt::Conn>> dial(rt::Address to) {
  rt::ConnectOptions options;
  options.to = to;
  auto conn = co_await rt::connect_tcp(options);
  CHECK(conn.ok());
  co_return std::move(*conn);
}

// The next reply as text; "closed" at the end, "silence" when none comes.
rt::Task<std::string> reply(rt::Conn& conn, uint64_t within_ms) {
  const Nanos limit = monotonic_now() + within_ms * kMillisecond;
  while (true) {
    const auto decoded = wire::resp::decode_reply(conn.peek());
    if (decoded && *decoded) {
      const std::string text = (*decoded)->value.show();
      conn.consume((*decoded)->consumed);
      co_return text;
    }
    if (conn.closed() || conn.at_eof()) co_return std::string("closed");
    if (monotonic_now() > limit) co_return std::string("silence");
    co_await rt::sleep_ms(2);
  }
}

rt::Task<std::string> ask(rt::Conn& conn, std::string line, uint64_t within_ms = kReplyMs) {
  conn.send(line + "\r\n");
  const std::string text = co_await reply(conn, within_ms);
  co_return text;
}

void play(rt::Task<void> (*story)(Stand&)) {
  struct Runner {
    static rt::Task<int> run(rt::Task<void> (*story)(Stand&)) {
      Stand stand;
      co_await story(stand);
      co_await stand.server.stop();
      co_return 0;
    }
  };
  EXPECT_EQ(rt::run(Runner::run(story)), 0);
}

rt::Task<void> replies_wait(Stand& stand) {
  auto writer = co_await dial(stand.server.listening());
  auto reader = co_await dial(stand.server.listening());
  std::string said = co_await ask(*writer, "SET a 1\r\nPING", kSilenceMs);
  EXPECT_EQ(said, "silence");
  said = co_await ask(*reader, "GET b");
  EXPECT_EQ(said, "nil");
  said = co_await ask(*reader, "GET a", kSilenceMs);
  EXPECT_EQ(said, "silence");
  stand.commit(Lsn(1));
  said = co_await reply(*reader, kReplyMs);
  EXPECT_EQ(said, "\"1\"");
  said = co_await reply(*writer, kReplyMs);
  EXPECT_EQ(said, "OK");
  said = co_await reply(*writer, kReplyMs);
  EXPECT_EQ(said, "PONG");
}
TEST(Server, RepliesWaitForTheCommitTheyDependOn) {
  play(replies_wait);
}

rt::Task<void> role_is_lost(Stand& stand) {
  auto writer = co_await dial(stand.server.listening());
  auto idle = co_await dial(stand.server.listening());
  auto through = co_await dial(Endpoints::address(stand.endpoints.primary));
  std::string said = co_await ask(*through, "PING");
  EXPECT_EQ(said, "PONG");
  said = co_await ask(*idle, "GET a");
  EXPECT_EQ(said, "nil");
  said = co_await ask(*writer, "GET b\r\nSET a 1\r\nGET b\r\nSET c 1", kSilenceMs);
  EXPECT_EQ(said, "nil");
  stand.become(Role::kSecondary);
  said = co_await reply(*writer, kReplyMs);
  EXPECT_EQ(said.substr(0, 15), "(error) INDOUBT");
  said = co_await reply(*writer, kReplyMs);
  EXPECT_EQ(said, "closed");
  said = co_await reply(*through, kReplyMs);
  EXPECT_EQ(said, "closed");
  said = co_await ask(*idle, "GET a");
  EXPECT_EQ(said, "nil");  // the write was undone
  said = co_await ask(*idle, "SET a 2");
  EXPECT_EQ(said, "(error) READONLY You can't write against a read only replica.");
  EXPECT_EQ(stand.server.stats().in_doubt_replies, 3u);
}
TEST(Server, ALostRoleLeavesNoReplyUnclear) {
  play(role_is_lost);
}

rt::Task<void> lease_is_lost(Stand& stand) {
  auto own = co_await dial(stand.server.listening());
  auto through = co_await dial(Endpoints::address(stand.endpoints.primary));
  std::string said = co_await ask(*through, "PING");
  EXPECT_EQ(said, "PONG");
  stand.group.lease = false;
  said = co_await ask(*own, "GET a");
  EXPECT_EQ(said, "(error) UNAVAILABLE the primary has no lease; the command was not executed");
  said = co_await reply(*through, kReplyMs);
  EXPECT_EQ(said, "closed");  // the client should look for the member that serves
  stand.group.lease = true;
  said = co_await ask(*own, "GET a");
  EXPECT_EQ(said, "nil");
}
TEST(Server, WithoutALeaseNothingIsAnswered) {
  play(lease_is_lost);
}

rt::Task<void> endpoints_follow(Stand& stand) {
  stand.become(Role::kSecondary);
  auto reader = co_await dial(Endpoints::address(stand.endpoints.reader));
  std::string said = co_await ask(*reader, "GET a");
  EXPECT_EQ(said, "nil");
  co_await rt::sleep_ms(3 * kListenersMs);  // time to close the primary's endpoint
  auto patient = co_await dial(Endpoints::address(stand.endpoints.primary));
  said = co_await ask(*patient, "SET a 1", kSilenceMs);
  EXPECT_EQ(said, "silence");  // queued in the socket, not refused
  stand.become(Role::kPrimary);
  said = co_await reply(*patient, kSilenceMs);
  EXPECT_EQ(said, "silence");
  stand.commit(stand.group.tail);
  said = co_await reply(*patient, kReplyMs);
  EXPECT_EQ(said, "OK");
  said = co_await ask(*reader, "GET a");
  EXPECT_EQ(said, "\"1\"");
}
TEST(Server, EndpointsFollowTheRole) {
  play(endpoints_follow);
}

// Connects blocking, so that the connection exists when this returns.
int connect_now(rt::Address to) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in raw{};
  raw.sin_family = AF_INET;
  raw.sin_port = htons(to.port);
  raw.sin_addr.s_addr = htonl(kLoopback);
  CHECK(::connect(fd, reinterpret_cast<const sockaddr*>(&raw), sizeof raw) == 0);
  return fd;
}

// In one turn of its loop a primary learns that it has lost the role, and then that a client has
// connected to the primary's endpoint, which is still open.
rt::Task<void> comes_as_the_role_goes(Stand& stand) {
  int news[2];
  CHECK(::pipe2(news, O_CLOEXEC | O_NONBLOCK) == 0);
  bool told = false;
  rt::FdWatch watch(news[0], [&](bool, bool) {
    if (!std::exchange(told, true)) stand.become(Role::kSecondary);
    watch.want(false, false);
  });
  watch.want(true, false);
  co_await rt::sleep_ms(2);
  EXPECT_EQ(::write(news[1], "v", 1), 1);
  const int late = connect_now(Endpoints::address(stand.endpoints.primary));
  EXPECT_EQ(::write(late, "GET a\r\n", 7), 7);
  while (!told) co_await rt::sleep_ms(2);
  char said[64] = {};
  ssize_t got = -1;
  const Nanos limit = monotonic_now() + kSilenceMs * kMillisecond;
  while (got < 0 && monotonic_now() < limit) {
    co_await rt::sleep_ms(2);
    got = ::recv(late, said, sizeof said - 1, MSG_DONTWAIT);
    if (got < 0 && errno != EAGAIN) got = 0;  // reset
  }
  EXPECT_LE(got, 0) << "a replica answered at the primary's endpoint: " << said;
  for (const int fd : {late, news[0], news[1]}) ::close(fd);
}
TEST(Server, WhoComesAsTheRoleGoesIsNotAnsweredByAReplica) {
  play(comes_as_the_role_goes);
}

rt::Task<void> wait_counts(Stand& stand) {
  auto client = co_await dial(stand.server.listening());
  std::string said = co_await ask(*client, "SET a 1\r\nWAIT 2 0\r\nPING", kSilenceMs);
  EXPECT_EQ(said, "silence");
  stand.commit(Lsn(1));
  for (const char* expected : {"OK", "2", "PONG"}) {
    said = co_await reply(*client, kReplyMs);
    EXPECT_EQ(said, expected);
  }
  said = co_await ask(*client, "WAIT 3 20");
  EXPECT_EQ(said, "2");
}
TEST(Server, WaitCountsReplicas) {
  play(wait_counts);
}

rt::Task<void> expiry_is_a_record(Stand& stand) {
  auto client = co_await dial(stand.server.listening());
  client->send("SET a 1 PX 1\r\n");
  while (stand.group.tail < Lsn(2)) co_await rt::sleep_ms(2);
  EXPECT_EQ(stand.db.keys().size(), 0u);
  stand.commit(Lsn(2));
  const std::string said = co_await reply(*client, kReplyMs);
  EXPECT_EQ(said, "OK");
}
TEST(Server, AnExpiryIsARecord) {
  play(expiry_is_a_record);
}

rt::Task<void> stops_in_doubt(Stand& stand) {
  auto client = co_await dial(stand.server.listening());
  std::string said = co_await ask(*client, "SET a 1", kSilenceMs);
  EXPECT_EQ(said, "silence");
  co_await stand.server.stop();
  said = co_await reply(*client, kReplyMs);
  EXPECT_EQ(said.substr(0, 15), "(error) INDOUBT");
}
TEST(Server, AStopIsSaidToThoseWhoWait) {
  play(stops_in_doubt);
}

}  // namespace
}  // namespace multiaz::cachenode
