// Threads that run SQL: what the server does itself never waits behind statements.
#include "dbnode/sql_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>

#include "base/rt/loop.h"
#include "base/rt/nursery.h"

namespace multiaz::dbnode {
namespace {

using rt::Task;

Task<void> run_on(SqlPool& pool, std::function<void()> job, Lane lane, int& done) {
  const std::function<void()> kept = std::move(job);
  co_await pool.run(kept, lane);
  done++;
}

Task<int> services_pass_statements() {
  SqlPool pool(2);
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  int statements = 0, services = 0;
  rt::Nursery slow;
  // More than there are threads for: the last ones wait for the first ones.
  for (int i = 0; i < 20; i++) {
    slow.spawn("statement", run_on(pool, [open] { open.wait(); }, Lane::kStatement, statements));
  }
  for (int i = 0; i < 50; i++) {
    rt::Nursery one;
    one.spawn("service", run_on(pool, [] {}, Lane::kService, services));
    co_await one.join();
  }
  EXPECT_EQ(services, 50);
  EXPECT_EQ(statements, 0);
  gate.set_value();
  co_await slow.join();
  EXPECT_EQ(statements, 20);
  co_return 0;
}
TEST(SqlPool, WhatTheServerDoesItselfNeverWaitsBehindStatements) {
  EXPECT_EQ(rt::run(services_pass_statements()), 0);
}

Task<int> a_thread_for_each() {
  constexpr size_t kMany = 100;
  SqlPool pool(kMany);
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  std::atomic<size_t> running{0};
  int done = 0;
  rt::Nursery all;
  for (size_t i = 0; i < kMany; i++) {
    const auto job = [open, &running] {
      running++;
      open.wait();
    };
    all.spawn("statement", run_on(pool, job, Lane::kStatement, done));
  }
  while (running < kMany) co_await rt::yield();
  gate.set_value();
  co_await all.join();
  EXPECT_EQ(done, static_cast<int>(kMany));
  co_return 0;
}
TEST(SqlPool, AsManyStatementsRunAtATimeAsClientsMayBeThere) {
  EXPECT_EQ(rt::run(a_thread_for_each()), 0);
}

}  // namespace
}  // namespace multiaz::dbnode
