// How far behind replicas are: examples, and agreement with the definition on random histories.
#include "chaos/checkers/staleness.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/core/random.h"

namespace multiaz::chaos {
namespace {

using Kind = Operation::Kind;
using End = Operation::End;

Operation added(uint64_t value, Nanos called, Nanos returned, End end = End::kOk) {
  Operation out;
  out.kind = Kind::kAdd;
  out.end = end;
  out.key = "db:set:0";
  out.value = value;
  out.called = called;
  out.returned = end == End::kInfo ? kNeverEnded : returned;
  return out;
}
Operation seen(const char* key, std::vector<uint64_t> values, Nanos called, Nanos returned) {
  Operation out;
  out.kind = Kind::kReadSet;
  out.key = key;
  out.seen = std::move(values);
  out.called = called;
  out.returned = returned;
  return out;
}
Operation replica(std::vector<uint64_t> values, Nanos called, Nanos returned) {
  return seen("db:replica:0", std::move(values), called, returned);
}
Operation primary(std::vector<uint64_t> values, Nanos called, Nanos returned) {
  return seen("db:set:0", std::move(values), called, returned);
}

TEST(Staleness, IsTheAgeOfTheOldestAcknowledgedRowThatIsNotShown) {
  const History adds = {added(1, 10, 20), added(2, 30, 40), added(3, 50, 0, End::kInfo)};
  EXPECT_EQ(judge_staleness(adds, {replica({1, 2}, 100, 110)}).max, 0u);
  EXPECT_EQ(judge_staleness(adds, {replica({1}, 100, 110)}).max, 60u);
  EXPECT_EQ(judge_staleness(adds, {replica({}, 100, 110)}).max, 80u);
  EXPECT_EQ(judge_staleness(adds, {replica({1}, 35, 110)}).max, 0u) << "2 was not acknowledged yet";
}

TEST(Staleness, ARowThatIsShownMustHaveBeenAddedAndMustStay) {
  const History adds = {added(1, 10, 20), added(2, 30, 40), primary({1}, 500, 510)};
  const auto early = judge_staleness(adds, {replica({2}, 15, 25)});
  ASSERT_EQ(early.anomalies.size(), 1u);
  EXPECT_EQ(early.anomalies[0].text, "row 2 was read before anybody had begun to add it");
  const auto gone = judge_staleness(adds, {replica({1, 2}, 100, 110)});
  ASSERT_EQ(gone.anomalies.size(), 1u);
  EXPECT_EQ(gone.anomalies[0].text, "row 2 was read from a replica and is not there at the end");
  EXPECT_EQ(gone.anomalies[0].places, std::vector<size_t>{0});
  EXPECT_TRUE(judge_staleness(adds, {replica({1}, 100, 110)}).anomalies.empty());
}

// A replica that applies rows after random delays: the checker finds the age that the delays made.
TEST(Staleness, AgreesWithTheDefinitionOnRandomHistories) {
  for (uint64_t seed = 1; seed <= 2'000; ++seed) {
    Random random(seed);
    History adds, reads;
    std::vector<std::pair<uint64_t, Nanos>> applied;
    Nanos now = 0;
    for (uint64_t value = 1; value <= random.between(1, 12); ++value) {
      now += random.between(1, 50);
      const Nanos returned = now + random.between(1, 60);
      const bool doubt = random.percent(10);
      adds.push_back(added(value, now, returned, doubt ? End::kInfo : End::kOk));
      if (!doubt) applied.emplace_back(value, returned + random.below(200));
    }
    Nanos worst = 0;
    for (int i = 0; i < 6; ++i) {
      const Nanos at = random.between(1, now + 300);
      std::vector<uint64_t> values;
      for (const auto& [value, when] : applied) {
        if (when <= at) values.push_back(value);
      }
      for (const Operation& one : adds) {
        const bool shown = std::find(values.begin(), values.end(), one.value) != values.end();
        if (one.end == End::kOk && one.returned < at && !shown) {
          worst = std::max(worst, at - one.returned);
        }
      }
      reads.push_back(replica(values, at, at + 5));
    }
    const Staleness judged = judge_staleness(adds, reads);
    ASSERT_EQ(judged.max, worst) << "seed " << seed;
    ASSERT_EQ(judged.reads, 6u);
    ASSERT_TRUE(judged.anomalies.empty()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace multiaz::chaos
