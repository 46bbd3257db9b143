// Tasks, nurseries and small waits.
#include "base/rt/task.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/process.h"
#include "base/rt/sync.h"

namespace multiaz::rt {
namespace {

Task<int> ready_child(int value) {
  co_return value;
}

Task<int> a_million_ready_children() {
  int sum = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const int one = co_await ready_child(1);
    sum += one;
  }
  co_return sum == 1'000'000 ? 0 : 1;
}

TEST(Task, AMillionReadyChildrenNeedNoStack) {
  EXPECT_EQ(run(a_million_ready_children()), 0);
}

Task<void> sleep_and_note(uint64_t ms, std::vector<uint64_t>& order) {
  co_await sleep_ms(ms);
  order.push_back(ms);
}

Task<int> joined_children() {
  std::vector<uint64_t> order;
  Nursery nursery;
  nursery.spawn("slow", sleep_and_note(30, order));
  nursery.spawn("fast", sleep_and_note(5, order));
  EXPECT_EQ(nursery.children().size(), 2u);
  co_await nursery.join();
  EXPECT_EQ(order, (std::vector<uint64_t>{5, 30}));
  co_return 0;
}

TEST(Nursery, JoinWaitsForEveryChild) {
  EXPECT_EQ(run(joined_children()), 0);
}

Task<void> sleep_until_stopped(Stop& stop, bool& cancelled) {
  const Status slept = co_await sleep_ms(60'000, stop);
  cancelled = !slept.ok() && slept.error().code == Code::kCancelled;
}

Task<int> stopped_children() {
  bool first = false;
  bool second = false;
  Nursery nursery;
  nursery.spawn("a", sleep_until_stopped(nursery.stopping(), first));
  nursery.spawn("b", sleep_until_stopped(nursery.stopping(), second));
  nursery.stop();
  co_await nursery.join();
  EXPECT_TRUE(first && second);
  co_return 0;
}

TEST(Nursery, StopCancelsSleepers) {
  EXPECT_EQ(run(stopped_children()), 0);
}

Task<void> consume_all(Mailbox<int>& box, std::vector<int>& seen) {
  while (true) {
    const std::optional<int> item = co_await box.pop();
    if (!item) co_return;
    seen.push_back(*item);
  }
}

Task<int> mailbox_story() {
  Mailbox<int> box(2);
  std::vector<int> seen;
  EXPECT_TRUE(box.push(1));
  EXPECT_TRUE(box.push(2));
  EXPECT_FALSE(box.push(3));  // full: it is bounded and reports it
  Nursery nursery;
  nursery.spawn("reader", consume_all(box, seen));
  EXPECT_TRUE(box.push(4));
  box.close();
  co_await nursery.join();
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 4}));
  co_return 0;
}

TEST(Mailbox, BoundedInOrderAndClosable) {
  EXPECT_EQ(run(mailbox_story()), 0);
}

Task<void> wait_once(Notify& notify, uint64_t timeout_ms, int& notified, int& timed_out) {
  const bool yes = co_await notify.wait(timeout_ms);
  ++(yes ? notified : timed_out);
}

Task<int> notify_story() {
  Notify notify;
  int notified = 0;
  int timed_out = 0;
  Nursery nursery;
  nursery.spawn("a", wait_once(notify, 60'000, notified, timed_out));
  nursery.spawn("b", wait_once(notify, 60'000, notified, timed_out));
  nursery.spawn("c", wait_once(notify, 1, notified, timed_out));
  co_await sleep_ms(20);
  notify.notify_all();
  co_await nursery.join();
  EXPECT_EQ(notified, 2);
  EXPECT_EQ(timed_out, 1);
  co_return 0;
}

TEST(Notify, WakesAllOrTimesOut) {
  EXPECT_EQ(run(notify_story()), 0);
}

Task<int> offload_story() {
  int value = 0;
  const std::function<void()> job = [&value] { value = 42; };
  co_await offload(job);
  EXPECT_EQ(value, 42);
  co_return 0;
}

TEST(Offload, RunsElsewhereAndComesBack) {
  EXPECT_EQ(run(offload_story()), 0);
}

Task<int> process_story() {
  std::vector<ExitReport> exits;
  Notify changed;
  Reaper reaper([&](const ExitReport& report) {
    exits.push_back(report);
    changed.notify_all();
  });
  SpawnOptions quick;
  quick.argv = {"/bin/sh", "-c", "exit 7"};
  const auto first = spawn_process(quick);
  EXPECT_TRUE(first.ok());
  while (exits.empty()) co_await changed.wait(1000);
  EXPECT_EQ(exits[0].exit_code, 7);
  SpawnOptions slow;
  slow.argv = {"/bin/sleep", "60"};
  const auto second = spawn_process(slow);
  EXPECT_TRUE(second.ok());
  kill(*second, SIGKILL);
  while (exits.size() < 2) co_await changed.wait(1000);
  EXPECT_EQ(exits[1].pid, *second);
  EXPECT_EQ(exits[1].signal, SIGKILL);
  SpawnOptions absent;
  absent.argv = {"/no/such/program"};
  const auto third = spawn_process(absent);
  EXPECT_FALSE(third.ok());
  EXPECT_NE(third.error().detail.find("/no/such/program"), std::string::npos);
  co_return 0;
}

TEST(Process, ExitsAreReportedWithCodeOrSignal) {
  EXPECT_EQ(run(process_story()), 0);
}

}  // namespace
}  // namespace multiaz::rt
