// Threads that run SQL: what the server does itself never waits behind statements.
#include "dbnode/sql_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <future>

#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/sync.h"

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

size_t threads_of_this_process() {
  const std::filesystem::directory_iterator all("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

Task<int> idle_threads_end() {
  const size_t before = threads_of_this_process();
  SqlPool pool(40);
  const size_t at_rest = threads_of_this_process();
  for (int round = 0; round < 2; round++) {
    std::promise<void> gate;
    const std::shared_future<void> open = gate.get_future().share();
    int done = 0;
    rt::Nursery all;
    for (int i = 0; i < 40; i++) {
      all.spawn("statement", run_on(pool, [open] { open.wait(); }, Lane::kStatement, done));
    }
    EXPECT_GE(threads_of_this_process(), before + 40);
    gate.set_value();
    co_await all.join();
    EXPECT_EQ(done, 40);
    while (threads_of_this_process() > at_rest) co_await rt::sleep_ms(10);
  }
  co_return 0;
}
TEST(SqlPool, ThreadsEndThatHaveNothingToDo) {
  EXPECT_EQ(rt::run(idle_threads_end()), 0);
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
