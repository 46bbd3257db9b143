// When calls to a silent server begin to fail at once, and how its return is noticed.
#include "clients/breaker.h"

#include <gtest/gtest.h>

#include "webnode/shop/login_throttle.h"

namespace multiaz {
namespace {

using clients::Breaker;
using clients::RetryBudget;

constexpr Nanos at(uint64_t ms) {
  return 1000 * kSecond + ms * kMillisecond;
}

TEST(Breaker, AFailoverDoesNotOpenIt) {
  Breaker breaker(3500);
  breaker.not_connected(at(0));
  breaker.not_answered(at(1000));
  EXPECT_TRUE(breaker.admit(at(3499)));
  breaker.answered();
  breaker.not_connected(at(4000));
  EXPECT_TRUE(breaker.admit(at(7000))) << "counted from the first failure after a success";
}

TEST(Breaker, WhoCannotBeReachedIsTriedByTheConnections) {
  Breaker breaker(3500);
  breaker.not_connected(at(0));
  EXPECT_FALSE(breaker.admit(at(3500)));
  EXPECT_FALSE(breaker.admit(at(9000)));
  breaker.connected();
  EXPECT_TRUE(breaker.admit(at(9001)));
}

TEST(Breaker, OfOneThatSaysNothingACallInAWhileFindsOut) {
  Breaker breaker(3500);
  breaker.not_answered(at(0));
  EXPECT_TRUE(breaker.open(at(3500)));
  EXPECT_TRUE(breaker.admit(at(3500))) << "to see";
  EXPECT_FALSE(breaker.admit(at(3501)));
  EXPECT_FALSE(breaker.admit(at(3749)));
  EXPECT_TRUE(breaker.admit(at(3750)));
  EXPECT_EQ(breaker.refused(), 2u);
  breaker.answered();
  EXPECT_TRUE(breaker.admit(at(3751)));
}

TEST(Breaker, AConnectionIsGoodNewsUnlessAnswersWereMissing) {
  Breaker away(1000);
  away.not_connected(at(0));
  away.connected();
  EXPECT_FALSE(away.open(at(5000)));
  Breaker mute(1000);  // the server accepts and sends nothing
  mute.not_answered(at(0));
  mute.connected();
  EXPECT_TRUE(mute.open(at(5000)));
}

TEST(RetryBudget, IsAFifthOfWhatIsAsked) {
  RetryBudget budget;
  int taken = 0;
  while (budget.take()) ++taken;
  EXPECT_EQ(taken, 20) << "for a start";
  for (int i = 0; i < 100; ++i) budget.asked();
  for (taken = 0; budget.take();) ++taken;
  EXPECT_EQ(taken, 20);
}

TEST(LocalAttempts, CountsInAWindowAndForgetsWhenFull) {
  webnode::LocalAttempts attempts;
  EXPECT_EQ(attempts.count("a", at(0)), 1);
  EXPECT_EQ(attempts.count("a", at(59'999)), 2);
  EXPECT_EQ(attempts.count("b", at(0)), 1);
  EXPECT_EQ(attempts.count("a", at(60'000)), 1) << "another minute";
  attempts.forget("a");
  EXPECT_EQ(attempts.count("a", at(60'001)), 1);
  for (size_t i = 0; i < 3 * webnode::kLoginAccountsMax; ++i)
    attempts.count("x" + std::to_string(i), at(60'002));
  EXPECT_EQ(attempts.count("x0", at(60'003)), 1) << "bounded: it had to forget";
}

}  // namespace
}  // namespace multiaz
