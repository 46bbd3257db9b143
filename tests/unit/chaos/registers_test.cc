// The checkers of histories: examples with their anomaly, and agreement with brute force.
#include "chaos/checkers/registers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/core/random.h"
#include "chaos/checkers/compare_and_set.h"
#include "chaos/checkers/linearization.h"
#include "chaos/checkers/sets.h"

namespace multiaz::chaos {
namespace {

using Kind = Operation::Kind;
using End = Operation::End;

Operation op(Kind kind, uint64_t value, Nanos called, Nanos returned, End end = End::kOk) {
  Operation out;
  out.kind = kind;
  out.end = end;
  out.process = "p" + std::to_string(called);
  out.key = "k";
  out.value = value;
  out.called = called;
  out.returned = end == End::kInfo ? kNeverEnded : returned;
  return out;
}
Operation write(uint64_t value, Nanos called, Nanos returned, End end = End::kOk) {
  return op(Kind::kWrite, value, called, returned, end);
}
Operation read(uint64_t value, Nanos called, Nanos returned) {
  return op(Kind::kRead, value, called, returned);
}
Operation add(uint64_t value, Nanos called, Nanos returned, End end = End::kOk) {
  return op(Kind::kAdd, value, called, returned, end);
}
Operation swap(uint64_t expected, uint64_t value, Nanos called, Nanos returned,
               End end = End::kOk) {
  Operation out = op(Kind::kCas, value, called, returned, end);
  out.expected = expected;
  return out;
}
Operation all(std::vector<uint64_t> seen, Nanos called, Nanos returned) {
  Operation out = op(Kind::kReadSet, 0, called, returned);
  out.seen = std::move(seen);
  return out;
}

std::string first_text(const Judgement& judgement) {
  return judgement.anomalies.empty() ? "" : judgement.anomalies.front().text;
}

TEST(Registers, AReadOfWhatWasOverwritten) {
  const History stale = {write(1, 10, 20), write(2, 30, 40), read(1, 50, 60)};
  EXPECT_EQ(first_text(judge_registers(stale)), "2 came and went while 1 was there");
  const History fine = {write(1, 10, 20), write(2, 30, 55), read(1, 50, 60)};
  EXPECT_TRUE(judge_registers(fine).anomalies.empty()) << "they overlap";
}

TEST(Registers, TwoReadersThatDisagree) {
  const History split = {write(1, 10, 100), write(2, 10, 100), read(1, 110, 120), read(2, 130, 140),
                         read(1, 150, 160)};
  const Judgement judgement = judge_registers(split);
  ASSERT_EQ(judgement.anomalies.size(), 1u);
  EXPECT_NE(first_text(judgement).find("was there in between"), std::string::npos);
  EXPECT_GE(judgement.anomalies[0].places.size(), 3u);
}

TEST(Registers, LostWritesPhantomsAndLies) {
  EXPECT_EQ(first_text(judge_registers({write(1, 10, 20), read(0, 30, 40)})),
            "1 came and went while nothing was there");
  EXPECT_EQ(first_text(judge_registers({read(7, 10, 20)})), "read 7, which nobody wrote");
  EXPECT_EQ(first_text(judge_registers({read(7, 10, 20), write(7, 30, 40)})),
            "read 7 before it was written");
  EXPECT_EQ(first_text(judge_registers({write(7, 10, 20, End::kFail), read(7, 30, 40)})),
            "read 7, whose writer was told that it had failed");
}

TEST(Registers, AWriteInDoubtMayHaveHappenedOrNot) {
  EXPECT_TRUE(judge_registers({write(1, 10, 0, End::kInfo), read(0, 30, 40)}).anomalies.empty());
  EXPECT_TRUE(judge_registers({write(1, 10, 0, End::kInfo), read(0, 30, 40), read(1, 50, 60)})
                  .anomalies.empty());
  EXPECT_FALSE(judge_registers({write(1, 10, 0, End::kInfo), read(1, 30, 40), read(0, 50, 60)})
                   .anomalies.empty())
      << "once seen it has happened";
}

TEST(Sets, ALostAddAndTwoReadingsThatDisagree) {
  EXPECT_TRUE(judge_sets({add(1, 10, 20), all({1}, 30, 40), add(2, 35, 50), all({1, 2}, 60, 70)})
                  .anomalies.empty());
  EXPECT_EQ(first_text(judge_sets({add(1, 10, 20), all({}, 30, 40)})),
            "1 was added, and a later reading does not show it");
  EXPECT_EQ(
      first_text(judge_sets({add(1, 10, 90), add(2, 10, 90), all({1}, 20, 80), all({2}, 20, 80)})),
      "two readings of which neither holds the other");
  EXPECT_EQ(first_text(judge_sets({all({5}, 10, 20)})), "read 5, which nobody added");
  EXPECT_TRUE(judge_sets({add(1, 10, 0, End::kInfo), all({}, 30, 40)}).anomalies.empty());
  EXPECT_FALSE(
      judge_sets({add(1, 10, 0, End::kInfo), all({1}, 30, 40), all({}, 50, 60)}).anomalies.empty());
}

TEST(CompareAndSet, TwoWinnersOfOneValueAndAStaleRead) {
  const auto text = [](const History& history) {
    return first_text(judge_compare_and_set(history));
  };
  EXPECT_EQ(text({swap(0, 1, 10, 20), swap(1, 2, 30, 60), read(1, 40, 50), read(2, 45, 70)}), "");
  EXPECT_EQ(text({swap(0, 1, 10, 20), swap(1, 2, 30, 60), swap(1, 3, 30, 65)}),
            "compare-and-set of 1 to 3 fits into no order of what went before");
  EXPECT_EQ(text({swap(0, 1, 10, 20), swap(1, 2, 30, 40), read(1, 50, 60)}),
            "read 1 fits into no order of what went before");
  EXPECT_EQ(text({swap(0, 1, 10, 20, End::kFail), read(1, 30, 40)}),
            "read 1 fits into no order of what went before")
      << "its writer was told that it had not happened";
}

TEST(CompareAndSet, OneInDoubtMayHaveHappenedOrNot) {
  const auto legal = [](const History& history) {
    return judge_compare_and_set(history).anomalies.empty();
  };
  EXPECT_TRUE(legal({swap(0, 1, 10, 0, End::kInfo), read(0, 30, 40)}));
  EXPECT_TRUE(legal({swap(0, 1, 10, 0, End::kInfo), read(0, 30, 40), read(1, 50, 60)}));
  EXPECT_FALSE(legal({swap(0, 1, 10, 0, End::kInfo), read(1, 30, 40), read(0, 50, 60)}));
  EXPECT_TRUE(
      legal({swap(0, 1, 10, 0, End::kInfo), swap(1, 2, 12, 0, End::kInfo), read(2, 50, 60)}))
      << "both happened";
}

TEST(CompareAndSet, SaysThatItGaveUp) {
  History many;
  for (uint64_t i = 1; i <= 20; ++i) many.push_back(read(0, 10, 100 + i));
  EXPECT_TRUE(judge_compare_and_set(many, 1'000).gave_up);
  EXPECT_FALSE(judge_compare_and_set({swap(0, 1, 10, 20), read(1, 30, 40)}).gave_up);
}

// Tries every order that respects real time. `left`: operations not yet placed, as a bit set.
bool some_order(const History& history, unsigned left, const std::function<bool(size_t)>& apply,
                const std::function<void(size_t)>& undo) {
  bool must = false;
  for (size_t i = 0; i < history.size(); ++i)
    must = must || ((left >> i & 1) != 0 && history[i].end == End::kOk);
  if (!must) return true;  // the others are in doubt and need not have happened
  for (size_t i = 0; i < history.size(); ++i) {
    if ((left >> i & 1) == 0) continue;
    bool first = true;
    for (size_t j = 0; j < history.size(); ++j)
      first = first && ((left >> j & 1) == 0 || j == i || history[j].returned >= history[i].called);
    if (!first || !apply(i)) continue;
    if (some_order(history, left & ~(1U << i), apply, undo)) return true;
    undo(i);
  }
  return false;
}

bool register_by_brute_force(const History& history) {
  std::vector<uint64_t> content = {0};
  const auto apply = [&](size_t i) {
    if (history[i].kind == Kind::kRead) return history[i].value == content.back();
    content.push_back(history[i].value);
    return true;
  };
  const auto undo = [&](size_t i) {
    if (history[i].kind == Kind::kWrite) content.pop_back();
  };
  return some_order(history, (1U << history.size()) - 1, apply, undo);
}

bool set_by_brute_force(const History& history) {
  std::vector<uint64_t> content;
  const auto apply = [&](size_t i) {
    if (history[i].kind == Kind::kAdd) {
      content.push_back(history[i].value);
      return true;
    }
    std::vector<uint64_t> now = content;
    std::sort(now.begin(), now.end());
    return history[i].seen == now;
  };
  const auto undo = [&](size_t i) {
    if (history[i].kind == Kind::kAdd) content.pop_back();
  };
  return some_order(history, (1U << history.size()) - 1, apply, undo);
}

bool swaps_by_brute_force(const History& history) {
  std::vector<uint64_t> content = {0};
  const auto apply = [&](size_t i) {
    if (history[i].kind == Kind::kRead) return history[i].value == content.back();
    const bool compares = history[i].kind == Kind::kCas;
    if (compares && history[i].expected != content.back()) return false;
    content.push_back(history[i].value);
    return true;
  };
  const auto undo = [&](size_t i) {
    if (history[i].kind != Kind::kRead) content.pop_back();
  };
  return some_order(history, (1U << history.size()) - 1, apply, undo);
}

// The order has every operation that ended well and respects real time, and each operation finds
// the value that it needs.
bool explains(const History& history, const std::vector<size_t>& order) {
  uint64_t content = 0;
  Nanos began = 0;
  for (const size_t place : order) {
    const Operation& one = history[place];
    if (one.returned < began) return false;
    began = std::max(began, one.called);
    const uint64_t needed = one.kind == Kind::kCas ? one.expected : one.value;
    if (one.kind != Kind::kWrite && needed != content) return false;
    content = one.value;
  }
  for (size_t i = 0; i < history.size(); ++i) {
    const bool there = std::find(order.begin(), order.end(), i) != order.end();
    if (history[i].end == End::kOk && !there) return false;
  }
  return true;
}

TEST(Linearization, EndsBeforeWhatFitsNowhere) {
  const History history = {swap(0, 1, 10, 20), read(1, 15, 30), swap(1, 2, 40, 50), read(1, 60, 70),
                           read(2, 80, 90)};
  const Linearization found = linearize(history, {0, 1, 2, 3, 4});
  EXPECT_EQ(found.stuck, 3u);
  EXPECT_EQ(found.order, (std::vector<size_t>{0, 1, 2}));
}

constexpr int kHistories = 100'000;

// Judges that many random histories as brute force does, with some of both outcomes.
void agree_with_brute_force(int histories, History (*make)(Random& random),
                            Judgement (*judge)(const History& history),
                            bool (*brute_force)(const History& history)) {
  int illegal = 0;
  for (int seed = 0; seed < histories; ++seed) {
    Random random(static_cast<uint64_t>(seed));
    const History history = make(random);
    const bool legal = judge(history).anomalies.empty();
    ASSERT_EQ(legal, brute_force(history)) << "seed " << seed << "\n" << write_history(history);
    illegal += legal ? 0 : 1;
  }
  EXPECT_GT(illegal, histories / 10);
  EXPECT_LT(illegal, histories * 9 / 10);
}

History random_swaps(Random& random) {
  History history;
  const uint64_t swaps = random.between(1, 4);
  for (uint64_t value = 1; value <= swaps; ++value) {
    const Nanos called = 4 * value + random.below(8);
    const End end = random.percent(20) ? End::kInfo : End::kOk;
    const uint64_t expected = random.percent(80) ? value - 1 : random.below(swaps);
    history.push_back(swap(expected, value, called, called + random.below(8), end));
    if (random.percent(15)) history.back().kind = Kind::kWrite;
  }
  for (uint64_t i = random.between(0, 4); i > 0; --i) {
    const Nanos called = random.between(1, 24);
    history.push_back(read(random.below(swaps + 1), called, called + random.below(8)));
  }
  return history;
}

TEST(CompareAndSet, AgreesWithBruteForce) {
  agree_with_brute_force(
      kHistories / 2, random_swaps,
      [](const History& history) { return judge_compare_and_set(history); }, swaps_by_brute_force);
}

// In the same histories an order is found exactly when there is one, and it is a correct one.
TEST(Linearization, FindsAnOrderWhereThereIsOne) {
  for (int seed = 0; seed < kHistories / 2; ++seed) {
    Random random(static_cast<uint64_t>(seed));
    const History history = random_swaps(random);
    std::vector<size_t> places(history.size());
    std::iota(places.begin(), places.end(), 0U);
    const Linearization found = linearize(history, places);
    ASSERT_EQ(swaps_by_brute_force(history), !found.stuck && explains(history, found.order))
        << "seed " << seed;
  }
}

TEST(Registers, AgreeWithBruteForce) {
  const auto make = [](Random& random) {
    History history;
    const uint64_t writes = random.between(1, 4);
    for (uint64_t value = 1; value <= writes; ++value) {
      const Nanos called = random.between(1, 20);
      const End end = random.percent(20) ? End::kInfo : End::kOk;
      history.push_back(write(value, called, called + random.below(8), end));
    }
    for (uint64_t i = random.between(0, 4); i > 0; --i) {
      const Nanos called = random.between(1, 24);
      history.push_back(read(random.below(writes + 1), called, called + random.below(8)));
    }
    return history;
  };
  agree_with_brute_force(kHistories, make, judge_registers, register_by_brute_force);
}

TEST(Sets, AgreeWithBruteForce) {
  const auto make = [](Random& random) {
    History history;
    const uint64_t adds = random.between(1, 4);
    for (uint64_t value = 1; value <= adds; ++value) {
      const Nanos called = random.between(1, 20);
      const End end = random.percent(20) ? End::kInfo : End::kOk;
      history.push_back(add(value, called, called + random.below(10), end));
    }
    for (uint64_t i = random.between(0, 3); i > 0; --i) {
      std::vector<uint64_t> seen;
      const Nanos called = random.between(1, 24);
      // Mostly possible values, so that many histories are legal.
      for (uint64_t value = 1; value <= adds; ++value)
        if (random.percent(history[value - 1].called < called ? 75 : 10)) seen.push_back(value);
      history.push_back(all(seen, called, called + random.below(10)));
    }
    return history;
  };
  agree_with_brute_force(kHistories, make, judge_sets, set_by_brute_force);
}

TEST(Histories, AreReadAsTheyAreWritten) {
  const History history = {write(1, 10, 20),
                           read(1, 15, 30),
                           add(3, 12, 0, End::kInfo),
                           all({3}, 40, 50),
                           write(2, 60, 70, End::kFail),
                           swap(4, 5, 80, 90)};
  const std::string text = write_history(history);
  const auto again = read_history(text);
  ASSERT_TRUE(again.ok()) << again.error().detail;
  EXPECT_EQ(write_history(*again), text);
  EXPECT_EQ(again->size(), 6u);
  EXPECT_NE(to_edn(history).find(":f :cas, :key \"k\", :value [4 5]}"), std::string::npos);
  EXPECT_NE(to_edn(history).find("{:index 0, :time 10, :type :invoke, :process 0, :f :write, :key "
                                 "\"k\", :value 1}"),
            std::string::npos);
}

TEST(Histories, ABadLineIsNamed) {
  const auto detail = [](const char* text) { return read_history(text).error().detail; };
  EXPECT_EQ(detail("\n[]"), "line 2: this is no JSON object");
  EXPECT_EQ(detail(R"({"type":"ok","t_ns":1,"p":"a","f":"read","k":"x"})"),
            "line 1: a ends an operation that it never began");
  EXPECT_EQ(detail(R"({"type":"invoke","t_ns":1,"p":"a","f":"swap","k":"x"})"),
            "line 1: \"f\" is write, read, add, read-set or cas, not 'swap'");
  EXPECT_EQ(detail("{\"type\":\"invoke\",\"t_ns\":1,\"p\":\"a\",\"f\":\"read\",\"k\":\"x\"}\n"
                   "{\"type\":\"invoke\",\"t_ns\":2,\"p\":\"a\",\"f\":\"read\",\"k\":\"x\"}"),
            "line 2: a begins an operation before its last one has ended");
}

}  // namespace
}  // namespace multiaz::chaos
