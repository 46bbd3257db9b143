// Faults of the link between a client and the instance behind a virtual endpoint. The client knows
// the endpoint's address alone, so the instance carries out both directions.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/core/clock.h"
#include "base/rt/conn.h"
#include "base/rt/fabric.h"
#include "base/rt/loop.h"
#include "base/rt/sync.h"

namespace multiaz::rt {
namespace {

constexpr uint32_t kEndpoint = 0x7f4d0005;  // 127.77.0.5
constexpr uint32_t kInstance = 0x7f4d013d;  // 127.77.1.61
constexpr uint32_t kClient = 0x7f4d020b;    // 127.77.2.11

struct Link {
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Conn> client, server;
  ~Link() { fabric().set_self(0); }
};

Task<void> open(Link& link) {
  fabric().set_self(kInstance);
  auto listener = Listener::bind(make_address(kEndpoint, 0));
  CHECK(listener.ok());
  link.listener = std::move(*listener);
  ConnectOptions options;
  options.to = link.listener->address();
  options.from = make_address(kClient, 0);
  auto client = co_await connect_tcp(options);
  CHECK(client.ok());
  link.client = std::move(*client);
  auto server = co_await link.listener->accept();
  CHECK(server.ok());
  link.server = std::move(*server);
}

LinkRule to_the_instance(LinkRule::Kind kind) {
  LinkRule rule;
  rule.kind = kind;
  rule.from.ip = kClient;
  rule.to.ip = kInstance;
  rule.until = monotonic_now() + 60 * kSecond;
  return rule;
}

Task<std::string> read_bytes(Conn& conn, size_t bytes) {
  while (conn.peek().size() < bytes) {
    const Status more = co_await conn.more();
    if (!more) co_return more.error().text();
  }
  const std::string out(conn.peek().substr(0, bytes));
  conn.consume(bytes);
  co_return out;
}

Task<int> delayed() {
  Link link;
  co_await open(link);
  LinkRule rule = to_the_instance(LinkRule::Kind::kDelay);
  rule.delay_ms = 40;
  fabric().set_rules({rule});
  const uint64_t before = fabric().bites().bytes_delayed;
  const Nanos begun = monotonic_now();
  link.client->send("one");
  link.client->send("two");
  link.client->shutdown_write();
  const std::string text = co_await read_bytes(*link.server, 6);
  EXPECT_EQ(text, "onetwo");
  EXPECT_GE(monotonic_now() - begun, 40 * kMillisecond);
  EXPECT_EQ(fabric().bites().bytes_delayed - before, 6U);
  const Status end = co_await link.server->more();
  EXPECT_FALSE(end.ok());
  EXPECT_TRUE(link.server->at_eof());
  fabric().set_rules({});
  co_return 0;
}

TEST(EndpointLink, WhatAClientSendsIsDelayedWithItsEnd) {
  EXPECT_EQ(run(delayed()), 0);
}

Task<int> answered_late() {
  Link link;
  co_await open(link);
  LinkRule there = to_the_instance(LinkRule::Kind::kDelay);
  there.delay_ms = 30;
  LinkRule back = there;
  std::swap(back.from, back.to);
  fabric().set_rules({there, back});
  const Nanos begun = monotonic_now();
  link.client->send("ask");
  const std::string asked = co_await read_bytes(*link.server, 3);
  link.server->send(asked);
  const std::string answer = co_await read_bytes(*link.client, 3);
  EXPECT_EQ(answer, "ask");
  EXPECT_GE(monotonic_now() - begun, 60 * kMillisecond);
  fabric().set_rules({});
  co_return 0;
}

TEST(EndpointLink, ARoundTripMeetsBothDirections) {
  EXPECT_EQ(run(answered_late()), 0);
}

Task<int> paced() {
  Link link;
  co_await open(link);
  LinkRule rule = to_the_instance(LinkRule::Kind::kBandwidth);
  rule.kbit_per_s = 80;
  fabric().set_rules({rule});
  const Nanos begun = monotonic_now();
  link.client->send(std::string(2000, 'x'));
  const std::string text = co_await read_bytes(*link.server, 2000);
  EXPECT_EQ(text, std::string(2000, 'x'));
  EXPECT_GE(monotonic_now() - begun, 200 * kMillisecond);  // 16,000 bits at 80 a millisecond
  fabric().set_rules({});
  co_return 0;
}

TEST(EndpointLink, WhatAClientSendsTakesTheBandwidthThereIs) {
  EXPECT_EQ(run(paced()), 0);
}

Task<int> reset() {
  Link link;
  co_await open(link);
  LinkRule rule = to_the_instance(LinkRule::Kind::kReset);
  rule.percent = 100;
  fabric().set_rules({rule});
  const uint64_t before = fabric().bites().resets;
  link.client->send("ask");
  const Status seen = co_await link.client->more();
  EXPECT_FALSE(seen.ok());
  EXPECT_FALSE(link.client->at_eof()) << "an orderly end, not a reset";
  EXPECT_EQ(fabric().bites().resets - before, 1U);
  fabric().set_rules({});
  co_return 0;
}

TEST(EndpointLink, WhatAClientSendsMayBeAnsweredByAReset) {
  EXPECT_EQ(run(reset()), 0);
}

Task<int> swallowed() {
  Link link;
  co_await open(link);
  fabric().set_rules({to_the_instance(LinkRule::Kind::kDrop)});
  const uint64_t before = fabric().bites().bytes_dropped;
  link.client->send("ask");
  while (fabric().bites().bytes_dropped == before) co_await sleep_ms(1);
  EXPECT_TRUE(link.server->peek().empty());
  EXPECT_FALSE(link.server->closed());
  fabric().set_rules({});
  EXPECT_TRUE(link.server->closed());
  const Status seen = co_await link.client->more();
  EXPECT_FALSE(seen.ok());
  EXPECT_FALSE(link.client->at_eof());
  co_return 0;
}

TEST(EndpointLink, ABlackHoleSwallowsWhatAClientSends) {
  EXPECT_EQ(run(swallowed()), 0);
}

Task<int> cut_on_the_way() {
  Link link;
  co_await open(link);
  LinkRule slow = to_the_instance(LinkRule::Kind::kDelay);
  slow.delay_ms = 20;
  fabric().set_rules({slow});
  const uint64_t before = fabric().bites().bytes_delayed;
  link.client->send("ask");
  while (fabric().bites().bytes_delayed == before) co_await sleep_ms(1);
  LinkRule cut = to_the_instance(LinkRule::Kind::kCut);
  cut.until = monotonic_now() + 80 * kMillisecond;
  const Nanos heals = cut.until;
  fabric().set_rules({cut});
  const std::string text = co_await read_bytes(*link.server, 3);
  EXPECT_EQ(text, "ask");
  EXPECT_GE(monotonic_now(), heals);
  co_return 0;
}

TEST(EndpointLink, ACutHoldsWhatIsOnItsWay) {
  EXPECT_EQ(run(cut_on_the_way()), 0);
}

}  // namespace
}  // namespace multiaz::rt
