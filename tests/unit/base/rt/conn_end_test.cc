// How connections end: an orderly end is a promise that every byte has arrived.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "base/core/clock.h"
#include "base/rt/conn.h"
#include "base/rt/fabric.h"
#include "base/rt/sync.h"

namespace multiaz::rt {
namespace {

constexpr uint32_t kLoopback = 0x7f000001;
constexpr size_t kMoreThanKernelsHold = 32 << 20;

struct Pair {
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Conn> server;
  int client = -1;  // a plain socket that reads only when the test reads
  ~Pair() {
    if (client >= 0) ::close(client);
  }
};

Task<void> open(Pair& pair) {
  auto listener = Listener::bind(make_address(kLoopback, 0));
  CHECK(listener.ok());
  pair.listener = std::move(*listener);
  pair.client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(kLoopback);
  to.sin_port = htons(pair.listener->address().port);
  CHECK(::connect(pair.client, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  auto conn = co_await pair.listener->accept();
  CHECK(conn.ok());
  pair.server = std::move(*conn);
}

struct Ending {
  size_t bytes = 0;
  bool reset = false;
};

// Reads to the end, blocking, so the sender must have released the connection.
Ending read_to_the_end(int fd) {
  Ending out;
  static char piece[1 << 16];
  while (true) {
    const ssize_t got = ::recv(fd, piece, sizeof piece, 0);
    if (got <= 0) {
      out.reset = got < 0;
      return out;
    }
    out.bytes += static_cast<size_t>(got);
  }
}

Task<int> close_with_pending() {
  Pair pair;
  co_await open(pair);
  pair.server->send(std::string(kMoreThanKernelsHold, 'x'));
  EXPECT_GT(pair.server->pending_bytes(), 0U);
  pair.server.reset();
  co_await sleep_ms(1);
  const Ending end = read_to_the_end(pair.client);
  EXPECT_LT(end.bytes, kMoreThanKernelsHold);
  EXPECT_TRUE(end.reset);
  co_return 0;
}

TEST(ConnEnd, BytesThatAreLostAtACloseAreAReset) {
  EXPECT_EQ(run(close_with_pending()), 0);
}

Task<int> close_with_nothing_pending() {
  Pair pair;
  co_await open(pair);
  pair.server->send(std::string(10'000, 'x'));
  pair.server.reset();
  co_await sleep_ms(1);
  const Ending end = read_to_the_end(pair.client);
  EXPECT_EQ(end.bytes, 10'000U);
  EXPECT_FALSE(end.reset);
  co_return 0;
}

TEST(ConnEnd, WhatTheKernelHasArrivesBeforeAnOrderlyEnd) {
  EXPECT_EQ(run(close_with_nothing_pending()), 0);
}

Task<int> abort_without_pending() {
  Pair pair;
  co_await open(pair);
  pair.server->abort(Code::kClosed, "not whole");
  co_await sleep_ms(1);
  EXPECT_TRUE(read_to_the_end(pair.client).reset);
  co_return 0;
}

TEST(ConnEnd, AnAbortIsAReset) {
  EXPECT_EQ(run(abort_without_pending()), 0);
}

Task<int> swallowed_bytes() {
  Pair pair;
  co_await open(pair);
  LinkRule rule;
  rule.from.ip = rule.to.ip = kLoopback;
  rule.kind = LinkRule::Kind::kDrop;
  rule.until = monotonic_now() + 10 * kSecond;
  fabric().set_rules({rule});
  pair.server->send("gone");
  pair.server.reset();
  co_await sleep_ms(1);
  EXPECT_TRUE(read_to_the_end(pair.client).reset);
  fabric().set_rules({});
  co_return 0;
}

TEST(ConnEnd, WhatABlackHoleHasSwallowedIsNoOrderlyEnd) {
  EXPECT_EQ(run(swallowed_bytes()), 0);
}

constexpr uint64_t kProgressMs = 200;

Task<int> reader_that_takes_its_time() {
  Pair pair;
  co_await open(pair);
  pair.server->send(std::string(kMoreThanKernelsHold, 'x'));
  pair.server->progress_deadline_ms(kProgressMs);
  const Nanos begun = monotonic_now();
  static char piece[1 << 20];
  while (pair.server->pending_bytes() > 0 && !pair.server->closed()) {
    co_await sleep_ms(30);
    (void)::recv(pair.client, piece, sizeof piece, MSG_DONTWAIT);
  }
  EXPECT_FALSE(pair.server->closed()) << "bytes arrived all the time";
  EXPECT_GT(monotonic_now() - begun, kProgressMs * kMillisecond);
  co_return 0;
}

TEST(ConnEnd, ADeadlineOfProgressLetsASlowReaderReadToTheEnd) {
  EXPECT_EQ(run(reader_that_takes_its_time()), 0);
}

Task<int> reader_that_reads_nothing() {
  Pair pair;
  co_await open(pair);
  pair.server->send(std::string(kMoreThanKernelsHold, 'x'));
  pair.server->progress_deadline_ms(kProgressMs);
  const Status drained = co_await pair.server->drained();
  EXPECT_FALSE(drained.ok());
  EXPECT_EQ(pair.server->close_reason().code, Code::kTimeout);
  EXPECT_TRUE(read_to_the_end(pair.client).reset);
  co_return 0;
}

TEST(ConnEnd, WhoReadsNothingIsResetInTheEnd) {
  EXPECT_EQ(run(reader_that_reads_nothing()), 0);
}

}  // namespace
}  // namespace multiaz::rt
