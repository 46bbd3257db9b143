// PgConn with a server that ends connections when it should not.
#include "clients/pg_conn.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/rt/conn.h"
#include "base/rt/nursery.h"
#include "base/rt/sync.h"

namespace multiaz::clients {
namespace {

constexpr uint64_t kPatienceMs = 5'000;

// AuthenticationOk, ReadyForQuery.
constexpr std::string_view kWelcome("R\0\0\0\x8\0\0\0\0Z\0\0\0\x5I", 15);

Nanos soon() {
  return monotonic_now() + kPatienceMs * kMillisecond;
}

// Greets a client, and ends the connection at its first query, or after `idle_ms` without one.
rt::Task<void> welcome(std::unique_ptr<rt::Conn> conn, uint64_t idle_ms) {
  const Status startup = co_await conn->more();
  if (!startup) co_return;
  conn->consume(conn->peek().size());
  const Status written = co_await conn->write(kWelcome);
  if (!written) co_return;
  conn->deadline_in_ms(idle_ms);
  (void)co_await conn->more();
}

rt::Task<void> welcome_all(rt::Listener& listener, rt::Nursery& nursery, uint64_t idle_ms) {
  while (true) {
    auto conn = co_await listener.accept();
    if (!conn) co_return;
    nursery.spawn("welcome", welcome(std::move(*conn), idle_ms));
  }
}

rt::Task<int> with_server(uint64_t idle_ms, rt::Task<void> (*story)(PgTarget target)) {
  auto listener = rt::Listener::bind(rt::make_address(0x7f000001, 0));
  EXPECT_TRUE(listener.ok());
  rt::Nursery nursery;
  nursery.spawn("accept", welcome_all(**listener, nursery, idle_ms));
  PgTarget target;
  target.url = "postgresql://shop:x@" + (*listener)->address().text() + "/shop";
  co_await story(std::move(target));
  (*listener)->close();
  nursery.stop();
  co_await nursery.join();
  co_return 0;
}

rt::Task<void> lost_in_a_question(PgTarget target) {
  PgConn first(target), second(target);
  const Status connected = co_await first.connect(soon());
  EXPECT_TRUE(connected.ok());
  Batch batch;
  batch.push_back(Statement("SELECT 1"));
  const Outcome out = co_await first.execute(batch, false, soon());
  EXPECT_TRUE(out.error && out.retry && out.in_doubt);
  EXPECT_FALSE(first.up());
  const Status other = co_await second.connect(soon());
  EXPECT_TRUE(other.ok());
}

TEST(PgConn, ALostConnectionLeavesItsDescriptorToOthers) {
  EXPECT_EQ(rt::run(with_server(kPatienceMs, lost_in_a_question)), 0);
}

rt::Task<void> lost_at_rest(PgTarget target) {
  PgConn first(target), second(target);
  const Status connected = co_await first.connect(soon());
  EXPECT_TRUE(connected.ok());
  const Nanos until = soon();
  while (first.up() && monotonic_now() < until) co_await rt::sleep_ms(5);
  EXPECT_FALSE(first.up());
  const Status other = co_await second.connect(soon());
  EXPECT_TRUE(other.ok());
  first.close();  // takes nothing from the second one, whose descriptor may have the same number
  while (second.up() && monotonic_now() < until) co_await rt::sleep_ms(5);
  EXPECT_FALSE(second.up()) << "it was not told that its connection had ended";
}

TEST(PgConn, WhatWasLostAtRestTakesNothingFromTheNext) {
  EXPECT_EQ(rt::run(with_server(100, lost_at_rest)), 0);
}

}  // namespace
}  // namespace multiaz::clients
