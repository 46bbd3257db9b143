#include "orchestrator/control/refusals.h"

#include <gtest/gtest.h>

namespace multiaz::orchestrator {
namespace {

constexpr Nanos kSecond = 1000 * kMillisecond;

TEST(Refusals, AFewAreToldAndTheRestIsCounted) {
  Refusals refusals;
  int told = 0;
  for (int i = 0; i < 1500; ++i) {
    if (refusals.refused(kSecond + static_cast<Nanos>(i), "denied", "who?")) ++told;
  }
  EXPECT_EQ(told, 5);
  EXPECT_EQ(refusals.tick(2 * kSecond), std::nullopt);
  EXPECT_EQ(refusals.tick(61 * kSecond + 1), "1495 more were refused (denied)");
  EXPECT_EQ(refusals.tick(200 * kSecond), std::nullopt);
}

TEST(Refusals, AStreamForADayIsOneAMinute) {
  Refusals refusals;
  uint64_t told = 0;
  for (Nanos now = 0; now < 86'400 * kSecond; now += kSecond) {
    if (refusals.refused(now + 1, "denied", "who?")) ++told;
    if (refusals.tick(now + 1)) ++told;
  }
  EXPECT_LE(told, kRefusalsAtOnceMax + 86'400 / 60);
}

TEST(Refusals, ReasonsDoNotHideEachOther) {
  Refusals refusals;
  for (int i = 0; i < 100; ++i) (void)refusals.refused(kSecond, "invalid", "no Hello");
  EXPECT_EQ(refusals.refused(kSecond, "denied", "db-a1 says launch 3"), "db-a1 says launch 3");
  const auto later = refusals.refused(200 * kSecond, "invalid", "no Hello");
  EXPECT_EQ(later, "no Hello; 95 more were not told");
}

}  // namespace
}  // namespace multiaz::orchestrator
