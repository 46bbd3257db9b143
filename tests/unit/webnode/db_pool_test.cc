// DbPool with a database that accepts queries and never answers.
#include "clients/db_pool.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/rt/conn.h"
#include "base/rt/nursery.h"
#include "base/rt/sync.h"

namespace multiaz::clients {
namespace {

constexpr uint64_t kCommandMs = 100;  // then the connection is dropped
constexpr uint64_t kRequestMs = 400;  // the caller's deadline
constexpr uint64_t kPatienceMs = 5000;  // far more than that, but not unlimited

// AuthenticationOk, ReadyForQuery.
constexpr std::string_view kWelcome("R\0\0\0\x8\0\0\0\0Z\0\0\0\x5I", 15);

// The first client gets a greeting, the others are only accepted; none gets an answer to a query.
rt::Task<void> hang(std::unique_ptr<rt::Conn> conn, bool welcome, rt::Stop& stop) {
  rt::Conn* raw = conn.get();
  const rt::Stop::Ticket ticket =
      stop.add([raw] { raw->close(Code::kCancelled, "the test is over"); });
  bool open = true;
  while (open) {
    const Status more = co_await conn->more();
    open = more.ok();
    if (!open) break;
    conn->consume(conn->peek().size());
    if (welcome) (void)co_await conn->write(kWelcome);
    welcome = false;
  }
  stop.remove(ticket);
}

rt::Task<void> hang_all(rt::Listener& listener, rt::Nursery& nursery) {
  for (int clients = 0;; ++clients) {
    auto conn = co_await listener.accept();
    if (!conn) co_return;
    nursery.spawn("hang", hang(std::move(*conn), clients == 0, nursery.stopping()));
  }
}

struct Asked {
  bool answered = false;
  Code code = Code::kOk;
  uint64_t after_ms = 0;
};

rt::Task<void> ask(DbPool& pool, Asked& out) {
  const Nanos began = monotonic_now();
  Batch batch;
  batch.push_back(Statement("SELECT 1"));
  const auto rows = co_await pool.execute(batch, false, began + kRequestMs * kMillisecond);
  out.code = rows ? Code::kOk : rows.error().code;
  out.after_ms = (monotonic_now() - began) / kMillisecond;
  out.answered = true;
}

rt::Task<int> one_question_to_a_hung_database() {
  auto listener = rt::Listener::bind(rt::make_address(0x7f000001, 0));
  EXPECT_TRUE(listener.ok());
  rt::Nursery nursery;
  nursery.spawn("accept", hang_all(**listener, nursery));
  DbPoolConfig config;
  config.name = "hung";
  config.target.url = "postgresql://shop:x@" + (*listener)->address().text() + "/shop";
  config.command_ms = kCommandMs;
  config.connect_ms = kPatienceMs;  // the next connection is not dropped either
  DbPool pool(config);
  pool.start(nursery);
  const Nanos until = monotonic_now() + kPatienceMs * kMillisecond;
  while (!pool.healthy() && monotonic_now() < until) co_await rt::sleep_ms(5);
  EXPECT_TRUE(pool.healthy());
  Asked asked;
  nursery.spawn("ask", ask(pool, asked));
  while (!asked.answered && monotonic_now() < until) co_await rt::sleep_ms(5);
  EXPECT_TRUE(asked.answered) << "the question was put back, and nobody looked at its deadline";
  EXPECT_TRUE(asked.code == Code::kTimeout || asked.code == Code::kUnavailable);
  EXPECT_GE(asked.after_ms, kCommandMs);
  EXPECT_EQ(pool.stats().resent, 1u) << "it was put back once";
  (*listener)->close();
  nursery.stop();
  co_await nursery.join();
  co_return 0;
}

TEST(DbPool, AQuestionThatWasPutBackEndsAtItsOwnDeadline) {
  EXPECT_EQ(rt::run(one_question_to_a_hung_database()), 0);
}

}  // namespace
}  // namespace multiaz::clients
