// joined(): however a body of work ends, its nursery is stopped and joined.
#include "base/rt/joined.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "base/rt/loop.h"
#include "base/rt/sync.h"

namespace multiaz::rt {
namespace {

Task<void> until_stopped(Stop& stop, bool& ended) {
  while (!stop.requested()) (void)co_await sleep_ms(60'000, stop);
  co_await sleep_ms(1);  // the end takes a while
  ended = true;
}

Task<std::string> leaves_early(bool early) {
  co_await sleep_ms(1);
  if (early) co_return "early";
  co_return "late";
}

Task<std::string> throws() {
  co_await sleep_ms(1);
  throw std::runtime_error("a bug");
}

Task<void> nothing_to_return() {
  co_return;
}

Task<int> scenario() {
  bool ended = false;
  {
    Nursery nursery;
    nursery.spawn("child", until_stopped(nursery.stopping(), ended));
    const std::string result = co_await joined(nursery, leaves_early(true));
    EXPECT_EQ(result, "early");
    EXPECT_TRUE(ended);
    EXPECT_EQ(nursery.size(), 0u);
  }
  ended = false;
  std::string caught;
  {
    Nursery nursery;
    nursery.spawn("child", until_stopped(nursery.stopping(), ended));
    try {
      (void)co_await joined(nursery, throws());
    } catch (const std::runtime_error& thrown) {
      caught = thrown.what();
    }
    EXPECT_TRUE(ended) << "also after an exception";
  }
  EXPECT_EQ(caught, "a bug");
  ended = false;
  {
    Nursery outer, inner;
    outer.spawn("child", until_stopped(outer.stopping(), ended));
    co_await joined(outer, joined(inner, nothing_to_return()));
  }
  EXPECT_TRUE(ended);
  co_return 0;
}

TEST(Joined, StopsAndJoinsAfterAReturnAndAfterAnException) {
  EXPECT_EQ(run(scenario()), 0);
}

}  // namespace
}  // namespace multiaz::rt
