// Connections over real loopback sockets: echo, back-pressure, deadlines, cuts, refusals.
#include "base/rt/conn.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/rt/fabric.h"
#include "base/rt/nursery.h"
#include "base/rt/sync.h"

namespace multiaz::rt {
namespace {

constexpr uint32_t kLoopback = 0x7f000001;

Task<void> echo_one(std::unique_ptr<Conn> conn) {
  while (true) {
    const Status more = co_await conn->more();
    if (!more) co_return;
    const std::string bytes(conn->peek());
    conn->consume(bytes.size());
    const Status written = co_await conn->write(bytes);
    if (!written) co_return;
  }
}

Task<void> echo_all(Listener& listener, Nursery& nursery) {
  while (true) {
    auto conn = co_await listener.accept();
    if (!conn) co_return;
    nursery.spawn("echo", echo_one(std::move(*conn)));
  }
}

Task<Result<std::unique_ptr<Conn>>> dial(Address to) {
  ConnectOptions options;
  options.to = to;
  auto conn = co_await connect_tcp(options);
  co_return conn;
}

Task<std::string> read_exactly(Conn& conn, size_t bytes) {
  while (conn.peek().size() < bytes) {
    const Status more = co_await conn.more();
    if (!more) break;
  }
  std::string out(conn.peek().substr(0, bytes));
  conn.consume(out.size());
  co_return out;
}

Task<int> with_echo(Task<void> (*story)(Address server)) {
  auto listener = Listener::bind(make_address(kLoopback, 0));
  EXPECT_TRUE(listener.ok());
  Nursery nursery;
  nursery.spawn("accept", echo_all(**listener, nursery));
  co_await story((*listener)->address());
  (*listener)->close();
  co_await nursery.join();
  co_return 0;
}

Task<void> ping_pong(Address server) {
  auto conn = co_await dial(server);
  EXPECT_TRUE(conn.ok());
  for (int i = 0; i < 2000; ++i) {
    const std::string text = "message " + std::to_string(i);
    const Status sent = co_await (*conn)->write(text);
    EXPECT_TRUE(sent.ok());
    const std::string back = co_await read_exactly(**conn, text.size());
    EXPECT_EQ(back, text);
  }
}

TEST(Conn, EchoesManyMessages) {
  EXPECT_EQ(run(with_echo(ping_pong)), 0);
}

Task<void> write_all(Conn& conn, size_t bytes) {
  const std::string piece(64 << 10, 'x');
  for (size_t sent = 0; sent < bytes; sent += piece.size()) {
    const Status written = co_await conn.write(piece);
    EXPECT_TRUE(written.ok());
  }
}

Task<void> big_transfer(Address server) {
  constexpr size_t kBytes = 16 << 20;
  auto conn = co_await dial(server);
  Nursery nursery;
  nursery.spawn("writer", write_all(**conn, kBytes));
  size_t got = 0;
  while (got < kBytes) {
    const Status more = co_await (*conn)->more();
    EXPECT_TRUE(more.ok());
    if (!more) break;
    EXPECT_LE((*conn)->pending_bytes(), kPendingBytesHigh + (64u << 10));
    got += (*conn)->peek().size();
    (*conn)->consume((*conn)->peek().size());
  }
  EXPECT_EQ(got, kBytes);
  co_await nursery.join();
}

TEST(Conn, BackPressureBoundsPendingBytes) {
  EXPECT_EQ(run(with_echo(big_transfer)), 0);
}

Task<void> silent_peer(Address server) {
  auto conn = co_await dial(server);
  (*conn)->deadline_in_ms(20);
  const Status more = co_await (*conn)->more();
  EXPECT_FALSE(more.ok());
  EXPECT_EQ(more.error().code, Code::kTimeout);
  EXPECT_FALSE((*conn)->send("late"));
}

TEST(Conn, DeadlineClosesWithTimeout) {
  EXPECT_EQ(run(with_echo(silent_peer)), 0);
}

Task<void> refused(Address server) {
  Address nobody = server;
  nobody.port = 1;
  auto conn = co_await dial(nobody);
  EXPECT_FALSE(conn.ok());
  EXPECT_EQ(conn.error().code, Code::kUnavailable);
  EXPECT_NE(conn.error().detail.find("127.0.0.1:1"), std::string::npos);
}

TEST(Conn, RefusedIsUnavailable) {
  EXPECT_EQ(run(with_echo(refused)), 0);
}

std::vector<LinkRule> loopback_rule(LinkRule::Kind kind, uint64_t for_ms) {
  LinkRule rule;
  rule.kind = kind;
  rule.from.ip = rule.to.ip = kLoopback;
  rule.delay_ms = 30;
  rule.until = monotonic_now() + for_ms * kMillisecond;
  return {rule};
}

Task<void> cut_link(Address server) {
  auto conn = co_await dial(server);
  const uint64_t held_before = fabric().bites().bytes_held;
  fabric().set_rules(loopback_rule(LinkRule::Kind::kCut, 80));
  const Nanos cut_at = monotonic_now();
  EXPECT_TRUE((*conn)->send("hello"));
  EXPECT_EQ((*conn)->pending_bytes(), 5u);
  EXPECT_EQ(fabric().bites().bytes_held - held_before, 5u);
  const std::string back = co_await read_exactly(**conn, 5);
  EXPECT_EQ(back, "hello");  // nothing is lost when the cut heals by itself
  EXPECT_GE(monotonic_now() - cut_at, 79 * kMillisecond);
  EXPECT_TRUE(fabric().quiet());
}

TEST(Fabric, CutHoldsBytesUntilItHeals) {
  EXPECT_EQ(run(with_echo(cut_link)), 0);
}

Task<void> connect_over_cut(Address server) {
  fabric().set_rules(loopback_rule(LinkRule::Kind::kCut, 60'000));
  ConnectOptions options;
  options.to = server;
  options.from = make_address(kLoopback, 0);
  options.timeout_ms = 30;
  auto conn = co_await connect_tcp(options);
  EXPECT_FALSE(conn.ok());
  EXPECT_EQ(conn.error().code, Code::kTimeout);
  fabric().set_rules({});
}

TEST(Fabric, ConnectOverACutTimesOut) {
  EXPECT_EQ(run(with_echo(connect_over_cut)), 0);
}

Task<void> delayed_link(Address server) {
  auto conn = co_await dial(server);
  fabric().set_rules(loopback_rule(LinkRule::Kind::kDelay, 60'000));
  const Nanos before = monotonic_now();
  EXPECT_TRUE((*conn)->send("one"));
  EXPECT_TRUE((*conn)->send("two"));
  const std::string back = co_await read_exactly(**conn, 6);
  EXPECT_EQ(back, "onetwo");
  EXPECT_GE(monotonic_now() - before, 60 * kMillisecond);  // there and back
  fabric().set_rules({});
}

TEST(Fabric, DelayKeepsOrder) {
  EXPECT_EQ(run(with_echo(delayed_link)), 0);
}

Task<int> slow_to_the_end(Nanos& over) {
  fabric().set_rules(loopback_rule(LinkRule::Kind::kDelay, 30'000));
  over = fabric().quiet() ? 0 : monotonic_now() + 30'000 * kMillisecond;
  co_return 0;
}

TEST(Fabric, ItsRulesEndWithTheMainTask) {
  Nanos over = 0;
  EXPECT_EQ(run(slow_to_the_end(over)), 0);
  EXPECT_LT(monotonic_now(), over) << "the process waited until its fault was over";
  EXPECT_TRUE(fabric().quiet());
}

Task<int> taken_port() {
  auto first = Listener::bind(make_address(kLoopback, 0));
  auto second = Listener::bind((*first)->address());
  EXPECT_FALSE(second.ok());
  EXPECT_NE(second.error().detail.find((*first)->address().text()), std::string::npos);
  EXPECT_NE(second.error().detail.find("in use"), std::string::npos);
  co_return 0;
}

TEST(Listener, ATakenPortIsNamed) {
  EXPECT_EQ(run(taken_port()), 0);
}

Task<int> shared_endpoint() {
  const auto fd = open_listening_socket(make_address(kLoopback, 0));
  EXPECT_TRUE(fd.ok());
  Address address;
  {
    auto first = Listener::adopt(*fd);
    EXPECT_TRUE(first.ok());
    address = (*first)->address();
  }  // no process accepts now, yet clients are queued and not refused
  auto client = co_await dial(address);
  EXPECT_TRUE(client.ok());
  auto second = Listener::adopt(*fd);
  auto accepted = co_await (*second)->accept();
  EXPECT_TRUE(accepted.ok());
  EXPECT_TRUE((*accepted)->send("served"));
  const std::string text = co_await read_exactly(**client, 6);
  EXPECT_EQ(text, "served");
  ::close(*fd);
  co_return 0;
}

TEST(Listener, AnInheritedEndpointOutlivesItsServer) {
  EXPECT_EQ(run(shared_endpoint()), 0);
}

}  // namespace
}  // namespace multiaz::rt
