// TLS on real connections: what their users see is what they see without it.
#include "base/tls/stream.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "base/core/clock.h"
#include "base/rt/fabric.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/sync.h"
#include "tests/unit/base/tls/identities.h"

namespace multiaz::tls {
namespace {

constexpr uint64_t kLongMs = 60'000;
constexpr uint32_t kServer = 0x7f4d013d;  // 127.77.1.61
constexpr uint32_t kClient = 0x7f4d020b;  // 127.77.2.11

struct Link {
  std::unique_ptr<rt::Listener> listener;
  std::unique_ptr<rt::Conn> client, server;
};

rt::Task<void> open(Link& link) {
  auto listener = rt::Listener::bind(rt::make_address(kServer, 0));
  CHECK(listener.ok());
  link.listener = std::move(*listener);
  rt::ConnectOptions options;
  options.to = link.listener->address();
  options.from = rt::make_address(kClient, 0);
  auto client = co_await rt::connect_tcp(options);
  CHECK(client.ok());
  link.client = std::move(*client);
  auto server = co_await link.listener->accept();
  CHECK(server.ok());
  link.server = std::move(*server);
}

rt::Task<void> start_end(rt::Conn& conn, std::shared_ptr<const Context> context, Status& out) {
  out = co_await start(conn, std::move(context), kLongMs);
}

rt::Task<void> open_tls(Link& link) {
  co_await open(link);
  rt::Nursery nursery;
  Status at_server, at_client;
  nursery.spawn("server", start_end(*link.server, server({certificate({"localhost"})}), at_server));
  nursery.spawn("client", start_end(*link.client, client("localhost"), at_client));
  co_await nursery.join();
  CHECK(at_server.ok() && at_client.ok());
}

// Everything until the end, and how that was.
rt::Task<std::string> read_to_end(rt::Conn& conn) {
  std::string out;
  while (true) {
    const Status more = co_await conn.more();
    out.append(conn.peek());
    conn.consume(conn.peek().size());
    if (!more) co_return out + (conn.at_eof() && !conn.closed() ? "." : "!");
  }
}

rt::Task<void> write_and_end(rt::Conn& conn, std::string text) {
  const Status written = co_await conn.write(text);
  EXPECT_TRUE(written.ok());
  conn.shutdown_write();
}

rt::Task<int> large_bodies() {
  Link link;
  co_await open_tls(link);
  const std::string text(5 << 20, 'x');
  rt::Nursery nursery;
  nursery.spawn("writer", write_and_end(*link.server, text));
  const std::string got = co_await read_to_end(*link.client);
  EXPECT_TRUE(got == text + ".") << got.size();
  // The other direction is still open.
  link.client->send("thanks");
  link.client->shutdown_write();
  const std::string answer = co_await read_to_end(*link.server);
  EXPECT_EQ(answer, "thanks.");
  co_await nursery.join();
  co_return 0;
}

TEST(TlsStream, LargeBodiesArriveWholeAndTheOtherDirectionStaysOpen) {
  EXPECT_EQ(rt::run(large_bodies()), 0);
}

rt::Task<int> ways_to_end() {
  for (const auto& [end, expected] : {std::pair{'c', "last words."}, {'a', "last words!"}}) {
    Link link;
    co_await open_tls(link);
    link.server->send("last words");
    while (link.client->peek() != "last words") (void)co_await link.client->more();
    if (end == 'c') link.server->close(Code::kCancelled, "done");
    if (end == 'a') link.server->abort(Code::kCancelled, "not whole");
    const std::string got = co_await read_to_end(*link.client);
    EXPECT_EQ(got, expected);
  }
  co_return 0;
}

TEST(TlsStream, AnOrderlyCloseIsToldFromAnAbort) {
  EXPECT_EQ(rt::run(ways_to_end()), 0);
}

rt::Task<int> cut_short() {
  Link link;
  co_await open(link);
  rt::Nursery nursery;
  Status at_server, at_client;
  nursery.spawn("server", start_end(*link.server, server({certificate({"localhost"})}), at_server));
  // A client by hand, so that its stream can end without a word.
  Session session(client("localhost"));
  std::string wire, plain;
  session.start(wire);
  link.client->send(wire);
  while (!session.established()) {
    const Status more = co_await link.client->more();
    CHECK(more.ok());
    wire.clear();
    const Status taken = session.take_in(link.client->peek(), plain, wire);
    CHECK(taken.ok());
    link.client->consume(link.client->peek().size());
    link.client->send(wire);
  }
  wire.clear();
  session.write("half of", wire);
  link.client->send(wire);
  link.client->shutdown_write();
  co_await nursery.join();
  EXPECT_TRUE(at_server.ok());
  const std::string got = co_await read_to_end(*link.server);
  EXPECT_EQ(got, "half of!");
  EXPECT_EQ(link.server->close_reason().code, Code::kClosed);
  EXPECT_NE(link.server->close_reason().detail.find("no close_notify"), std::string::npos);
  co_return 0;
}

TEST(TlsStream, AStreamWithoutALastWordWasCutShort) {
  EXPECT_EQ(rt::run(cut_short()), 0);
}

rt::Task<int> early_bytes() {
  Link link;
  co_await open(link);
  rt::Nursery nursery;
  Status at_client;
  nursery.spawn("client", start_end(*link.client, client("localhost"), at_client));
  // The hello is here already.
  while (link.server->peek().empty()) (void)co_await link.server->more();
  const Status at_server =
      co_await start(*link.server, server({certificate({"localhost"})}), kLongMs);
  EXPECT_TRUE(at_server.ok());
  co_await nursery.join();
  EXPECT_TRUE(at_client.ok());
  EXPECT_EQ(facts_of(*link.client)->version, "TLSv1.3");
  co_return 0;
}

TEST(TlsStream, WhatCameBeforeTheLayerIsTheLayers) {
  EXPECT_EQ(rt::run(early_bytes()), 0);
}

rt::Task<int> bad_starts() {
  const auto context = server({certificate({"localhost"})});
  {
    Link link;
    co_await open(link);
    const Status silent = co_await start(*link.server, context, 20);
    EXPECT_EQ(silent.error().code, Code::kTimeout);
    EXPECT_TRUE(link.server->closed());
  }
  {
    Link link;
    co_await open(link);
    link.client->send("*1\r\n$4\r\nPING\r\n");
    const Status no_tls = co_await start(*link.server, context, kLongMs);
    EXPECT_EQ(no_tls.error().code, Code::kInvalid);
    EXPECT_FALSE(link.server->send("x"));
  }
  {
    Link link;
    co_await open(link);
    Session session(client("localhost"));
    std::string wire;
    session.start(wire);
    link.client->send(wire.substr(0, wire.size() / 2));
    link.client->shutdown_write();
    const Status left = co_await start(*link.server, context, kLongMs);
    EXPECT_EQ(left.error().text(), "closed: the peer left during the TLS handshake");
  }
  co_return 0;
}

TEST(TlsStream, AHandshakeThatFailsClosesTheConnectionWithAReason) {
  EXPECT_EQ(rt::run(bad_starts()), 0);
}

rt::Task<int> cut_link() {
  Link link;
  co_await open_tls(link);
  rt::LinkRule rule;
  rule.kind = rt::LinkRule::Kind::kCut;
  rule.from.ip = kClient;
  rule.to.ip = kServer;
  rule.until = monotonic_now() + 60 * kSecond;
  rt::fabric().set_rules({rule});
  link.client->send("held");
  const size_t held = link.client->pending_bytes();
  EXPECT_GT(held, 4U) << "the bytes of the wire count";
  co_await rt::sleep_ms(30);
  EXPECT_TRUE(link.server->peek().empty());
  rt::fabric().set_rules({});
  while (link.server->peek() != "held") (void)co_await link.server->more();
  co_return 0;
}

TEST(TlsStream, TheFabricActsOnTheBytesOfTheWire) {
  EXPECT_EQ(rt::run(cut_link()), 0);
}

}  // namespace
}  // namespace multiaz::tls
