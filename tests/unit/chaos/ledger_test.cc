// The ledgers of the shoppers: what a correct shop may answer, and what it may not.
#include "chaos/checkers/ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/core/random.h"
#include "chaos/checkers/timeline.h"

namespace multiaz::chaos {
namespace {

CartLine line(std::string id, int64_t qty, std::string op) {
  CartLine out;
  out.line = std::move(id);
  out.qty = qty;
  out.op = std::move(op);
  return out;
}

Order order(std::string id, std::string key, std::vector<std::string> lines) {
  Order out;
  out.order = std::move(id);
  out.key = std::move(key);
  out.lines = std::move(lines);
  return out;
}

using Kind = Finding::Kind;

std::vector<Kind> kinds(const std::vector<Finding>& findings) {
  std::vector<Kind> out;
  for (const Finding& one : findings) out.push_back(one.kind);
  return out;
}

TEST(Ledger, AnAcknowledgedLineMustBeThere) {
  Ledger ledger("s1");
  ledger.put(line("a", 1, "w1"), Outcome::kAcked);
  EXPECT_TRUE(ledger.judge_cart({line("a", 1, "w1")}).empty());
  const auto findings = ledger.judge_cart({});
  ASSERT_EQ(kinds(findings), std::vector{Kind::kLostWrite});
  EXPECT_EQ(findings[0].subject, "a");
  EXPECT_EQ(findings[0].text,
            "expected qty 1 (write w1) after acknowledged w1; the cart shows no such line");
}

TEST(Ledger, AnOlderStateIsALostWrite) {
  Ledger ledger("s1");
  ledger.put(line("a", 1, "w1"), Outcome::kAcked);
  ledger.put(line("a", 5, "w2"), Outcome::kAcked);
  EXPECT_EQ(kinds(ledger.judge_cart({line("a", 1, "w1")})), std::vector{Kind::kLostWrite});
  ledger.removed("a", "w3", Outcome::kAcked);
  EXPECT_EQ(kinds(ledger.judge_cart({line("a", 5, "w2")})), std::vector{Kind::kLostWrite});
  EXPECT_TRUE(ledger.judge_cart({}).empty());
  EXPECT_EQ(ledger.acked_writes(), 3u);
}

TEST(Ledger, InDoubtCountsNeitherWay) {
  Ledger ledger("s1");
  ledger.put(line("a", 1, "w1"), Outcome::kAcked);
  ledger.put(line("a", 2, "w2"), Outcome::kInDoubt);
  EXPECT_TRUE(ledger.judge_cart({line("a", 1, "w1")}).empty());
  EXPECT_TRUE(ledger.judge_cart({line("a", 2, "w2")}).empty());
  EXPECT_EQ(kinds(ledger.judge_cart({})), std::vector{Kind::kLostWrite});  // w1 kept it in the cart
  EXPECT_FALSE(ledger.settled());
  EXPECT_TRUE(ledger.settled_lines().empty());
}

TEST(Ledger, ARefusedWriteMustNotShow) {
  Ledger ledger("s1");
  ledger.put(line("a", 1, "w1"), Outcome::kRefused);
  EXPECT_TRUE(ledger.judge_cart({}).empty());
  EXPECT_EQ(kinds(ledger.judge_cart({line("a", 1, "w1")})), std::vector{Kind::kPhantomLine});
}

TEST(Ledger, SomebodyElsesLineIsAPhantom) {
  EXPECT_EQ(kinds(Ledger("s1").judge_cart({line("z", 1, "w9")})), std::vector{Kind::kPhantomLine});
}

TEST(Ledger, AnAcknowledgedOrderTakesItsLinesAlong) {
  Ledger ledger("s1");
  ledger.put(line("a", 1, "w1"), Outcome::kAcked);
  ledger.put(line("b", 1, "w2"), Outcome::kAcked);
  const Order done = order("17", "k1", {"a", "b"});
  ledger.checked_out(done, Outcome::kAcked);
  EXPECT_TRUE(ledger.judge_cart({}).empty());
  EXPECT_EQ(kinds(ledger.judge_cart({line("a", 1, "w1")})), std::vector{Kind::kLostWrite});
  EXPECT_TRUE(ledger.judge_orders({done}).empty());
  EXPECT_EQ(kinds(ledger.judge_orders({})), std::vector{Kind::kLostOrder});
  EXPECT_EQ(kinds(ledger.judge_orders({order("17", "k1", {"a"})})), std::vector{Kind::kLostOrder});
  EXPECT_EQ(kinds(ledger.judge_orders({done, order("18", "k1", {"c"})})),
            std::vector{Kind::kDuplicateOrder});
  EXPECT_EQ(kinds(ledger.judge_orders({done, order("18", "k2", {"c"})})),
            std::vector{Kind::kPhantomOrder});
}

TEST(Ledger, AnOrderInDoubtIsRightEitherWay) {
  Ledger ledger("s1");
  ledger.put(line("a", 1, "w1"), Outcome::kAcked);
  ledger.checked_out(order("", "k1", {}), Outcome::kInDoubt);
  EXPECT_TRUE(ledger.judge_cart({line("a", 1, "w1")}).empty());
  EXPECT_TRUE(ledger.judge_cart({}).empty());
  EXPECT_TRUE(ledger.judge_orders({}).empty());
  EXPECT_TRUE(ledger.judge_orders({order("17", "k1", {"a"})}).empty());
}

// A shop that follows the answers it gave is never accused; one that loses a write always is.
TEST(Ledger, RandomHistoriesOfACorrectShopHaveNoFinding) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Ledger ledger("s");
    std::map<std::string, CartLine> shop;
    std::string last_acked;
    for (int i = 0; i < 40; ++i) {
      const auto settled = ledger.settled_lines();
      const std::string op = "w" + std::to_string(i);
      const auto outcome = random.percent(70)   ? Outcome::kAcked
                           : random.percent(50) ? Outcome::kInDoubt
                                                : Outcome::kRefused;
      const bool happens =
          outcome == Outcome::kAcked || (outcome == Outcome::kInDoubt && random.percent(50));
      if (settled.empty() || random.percent(50)) {
        const CartLine fresh = line("l" + std::to_string(i), 1, op);
        ledger.put(fresh, outcome);
        if (happens) shop[fresh.line] = fresh;
        if (outcome == Outcome::kAcked) last_acked = fresh.line;
      } else {
        const CartLine& some = settled[random.below(settled.size())];
        ledger.removed(some.line, op, outcome);
        if (happens) shop.erase(some.line);
        if (outcome != Outcome::kRefused && some.line == last_acked) last_acked.clear();
      }
    }
    std::vector<CartLine> seen;
    for (const auto& [id, one] : shop) seen.push_back(one);
    EXPECT_TRUE(ledger.judge_cart(seen).empty());
    if (last_acked.empty()) continue;
    std::erase_if(seen, [&](const CartLine& one) { return one.line == last_acked; });
    EXPECT_EQ(kinds(ledger.judge_cart(seen)), std::vector{Kind::kLostWrite});
  }
}

TEST(Timeline, TheLongestGapIsBetweenSuccessesOrTheEdges) {
  Timeline timeline;
  timeline.record(Path::kCart, 90, 100, true);
  timeline.record(Path::kCart, 110, 120, true);
  timeline.record(Path::kCart, 120, 200, false);
  timeline.record(Path::kCart, 130, 300, true);
  timeline.record(Path::kBrowse, 200, 210, true);
  EXPECT_EQ(timeline.longest_gap(Path::kCart, 100, 320), 180u);
  EXPECT_EQ(timeline.longest_gap(Path::kCart, 100, 1000), 700u);
  EXPECT_EQ(timeline.longest_gap(Path::kOrder, 100, 200), 100u);
  EXPECT_EQ(timeline.failed_in(150, 160), 1u);
  EXPECT_EQ(timeline.failed_in(201, 260), 0u);
  EXPECT_EQ(timeline.succeeded_in(Path::kCart, 100, 200), 2u);
  EXPECT_EQ(timeline.requests(), 5u);
}

}  // namespace
}  // namespace multiaz::chaos
