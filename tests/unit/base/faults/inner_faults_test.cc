// Faults inside a process: they act while they last, count their effects, and end by themselves.
#include "base/faults/inner_faults.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>

namespace multiaz {
namespace {

InnerRule rule_for(FaultId kind, uint64_t ms) {
  InnerRule out;
  out.id = "f1";
  out.kind = kind;
  out.until = monotonic_now() + ms * kMillisecond;
  return out;
}

TEST(InnerFaults, ActWhileTheyLastAndCount) {
  InnerFaults faults;
  EXPECT_TRUE(faults.quiet());
  InnerRule rule = rule_for("slow_requests"_fault, 60'000);
  rule.percent = 30;
  faults.set({rule});
  EXPECT_TRUE(faults.strikes("slow_requests"_fault, 29));
  EXPECT_FALSE(faults.strikes("slow_requests"_fault, 30));
  EXPECT_FALSE(faults.strikes("disk_full"_fault));
  EXPECT_EQ(faults.hits()["slow_requests"], 1u);
  faults.set({});
  EXPECT_TRUE(faults.quiet());
}

TEST(InnerFaults, AreOverByThemselves) {
  InnerFaults faults;
  faults.set({rule_for("disk_error"_fault, 1)});
  std::this_thread::sleep_for(std::chrono::milliseconds(3));
  EXPECT_FALSE(faults.active("disk_error"_fault));
  EXPECT_FALSE(faults.expire());
  EXPECT_TRUE(faults.quiet());
}

TEST(InnerFaults, KillAProcessAtTheNthPassingOfAPoint) {
  const auto die = [] {
    InnerRule rule = rule_for("crash_at"_fault, 60'000);
    rule.point = "after_commit";
    rule.amount = 3;
    inner_faults().set({rule});
    fault_point("promote");
    fault_point("after_commit");
    fault_point("after_commit");
    std::fprintf(stderr, "alive after two");
    fault_point("after_commit");
    std::fprintf(stderr, "alive after three");
  };
  EXPECT_EXIT(die(), testing::KilledBySignal(SIGKILL), "alive after two$");
}

// Reads the clock as often as possible while it drifts and is slewed back: it never goes backwards,
// and in the end it is right again.
void drift(const char* direction) {
  const auto run = [&] {
    InnerRule rule = rule_for("clock_drift"_fault, 30);
    rule.amount = 400'000;
    rule.point = direction;
    inner_faults().set({rule});
    Nanos last = monotonic_now();
    int64_t off = 0;
    timespec real{};
    for (int i = 0; i < 400'000; ++i) {
      const Nanos now = monotonic_now();
      if (now < last) std::exit(2);
      last = now;
      clock_gettime(CLOCK_MONOTONIC, &real);
      const auto truth = static_cast<int64_t>(real.tv_sec) * 1'000'000'000 + real.tv_nsec;
      off = std::max(off, std::abs(truth - static_cast<int64_t>(now)));
    }
    if (off < 2'000'000) std::exit(3);  // it did drift
    // and is right again, if this process is not interrupted in between
    for (int i = 0; i < 1'000; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      const Nanos now = monotonic_now();
      clock_gettime(CLOCK_MONOTONIC, &real);
      const auto truth = static_cast<int64_t>(real.tv_sec) * 1'000'000'000 + real.tv_nsec;
      if (std::abs(truth - static_cast<int64_t>(now)) < 500'000) std::exit(0);
    }
    std::exit(4);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST(InnerFaults, AFastClockNeverGoesBackAndIsSlewed) {
  drift("");
}
TEST(InnerFaults, ASlowClockNeverGoesBackAndIsSlewed) {
  drift("slow");
}

}  // namespace
}  // namespace multiaz
