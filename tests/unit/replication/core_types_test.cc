// Tests of views as text, histories and the chain hash.
#include <gtest/gtest.h>

#include "replication/core/manager.h"
#include "replication/core/types.h"

namespace multiaz::replication {
namespace {

View sample_view() {
  View view;
  view.epoch = Epoch(4);
  view.primary = NodeId("cache-b1");
  view.launch = Launch(9);
  view.in_sync = {{NodeId("cache-b1"), Incarnation("6f")}, {NodeId("cache-c1"), Incarnation("77")}};
  view.learners = {{NodeId("cache-a1"), true}, {NodeId("db-d1"), false}};
  return view;
}

TEST(ViewText, GoesThereAndBack) {
  const std::string text = describe(sample_view());
  EXPECT_EQ(
      text,
      "4 primary=cache-b1/9 in_sync=cache-b1:6f,cache-c1:77 learners=cache-a1,db-d1(replica)");
  ASSERT_TRUE(restore_view(text).ok());
  EXPECT_EQ(*restore_view(text), sample_view());
  EXPECT_EQ(describe(View()), "0");
  EXPECT_EQ(*restore_view("0"), View());
}

TEST(ViewText, SaysWhatIsWrong) {
  for (const char* bad :
       {"", "x", "4", "4 primary=a", "4 primary=a/x in_sync=a:1", "4 primary=a/1 in_sync=b:1",
        "4 primary=a/1 in_sync=a", "4 primary=a/1 in_sync=a:", "4 primary=/1 in_sync=a:1",
        "4 primary=a/1 in_sync=a:1 learners=(replica)", "99999999999999999999 primary=a/1"}) {
    const auto view = restore_view(bad);
    ASSERT_FALSE(view.ok()) << bad;
    EXPECT_EQ(view.error().code, Code::kInvalid);
  }
}

TEST(ManagerStateText, KeepsFormerPrimaries) {
  ManagerState state;
  state.view = sample_view();
  state.unfenced = {{NodeId("cache-a1"), Launch(7), Epoch(3)},
                    {NodeId("cache-c1"), Launch(2), Epoch(4)}};
  state.unknown_past = true;
  const auto restored = restore_manager_state(describe(state));
  ASSERT_TRUE(restored.ok()) << describe(state);
  EXPECT_EQ(*restored, state);
  EXPECT_EQ(*restore_manager_state(describe(ManagerState())), ManagerState());
  EXPECT_FALSE(restore_manager_state(describe(sample_view()) + " | unfenced=a").ok());
}

TEST(History, TellsTheEpochOfARecord) {
  const History history{{Epoch(1), Lsn(1)}, {Epoch(3), Lsn(6)}};
  EXPECT_EQ(epoch_at(history, Lsn(0)), Epoch(0));
  EXPECT_EQ(epoch_at(history, Lsn(5)), Epoch(1));
  EXPECT_EQ(epoch_at(history, Lsn(6)), Epoch(3));
  History cut = history;
  truncate_history(cut, Lsn(5));
  EXPECT_EQ(cut, (History{{Epoch(1), Lsn(1)}}));
  History trimmed = history;
  trim_history(trimmed, Lsn(5));
  EXPECT_EQ(trimmed, history) << "the epoch that covers the base stays";
  trim_history(trimmed, Lsn(6));
  EXPECT_EQ(trimmed, (History{{Epoch(3), Lsn(6)}}));
}

struct Case {
  const char* what;
  History a;
  uint64_t tail_a;
  History b;
  uint64_t tail_b;
  uint64_t common;
};

TEST(History, CommonPointIsWhereTheLogsPart) {
  const History one{{Epoch(1), Lsn(1)}};
  const Case cases[] = {
      {"both empty", {}, 0, {}, 0, 0},
      {"one empty", one, 5, {}, 0, 0},
      {"one is a prefix", one, 5, one, 8, 5},
      {"an old primary's own suffix", one, 10, {{Epoch(1), Lsn(1)}, {Epoch(2), Lsn(9)}}, 12, 8},
      {"KIP-101: both went on after 5, in different epochs",
       {{Epoch(1), Lsn(1)}, {Epoch(2), Lsn(6)}},
       7,
       {{Epoch(1), Lsn(1)}, {Epoch(3), Lsn(6)}},
       9,
       5},
      {"nothing was written in the new epoch",
       {{Epoch(1), Lsn(1)}, {Epoch(2), Lsn(4)}},
       9,
       {{Epoch(1), Lsn(1)}, {Epoch(2), Lsn(4)}},
       6,
       6},
      {"trimmed: only later epochs are known",
       {{Epoch(3), Lsn(50)}},
       80,
       {{Epoch(1), Lsn(1)}, {Epoch(3), Lsn(50)}},
       70,
       70},
      {"trimmed: no epoch in common", {{Epoch(5), Lsn(50)}}, 80, one, 20, 0},
      {"an epoch that began twice proves nothing",
       {{Epoch(1), Lsn(1)}, {Epoch(2), Lsn(4)}},
       9,
       {{Epoch(1), Lsn(1)}, {Epoch(2), Lsn(5)}},
       9,
       3},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(common_point(c.a, Lsn(c.tail_a), c.b, Lsn(c.tail_b)), Lsn(c.common)) << c.what;
    EXPECT_EQ(common_point(c.b, Lsn(c.tail_b), c.a, Lsn(c.tail_a)), Lsn(c.common)) << c.what;
  }
}

TEST(ChainHash, CoversEverything) {
  const uint64_t hash = chain_hash(1, Epoch(2), Lsn(3), "x");
  EXPECT_EQ(hash, chain_hash(1, Epoch(2), Lsn(3), "x"));
  EXPECT_NE(hash, chain_hash(0, Epoch(2), Lsn(3), "x"));
  EXPECT_NE(hash, chain_hash(1, Epoch(3), Lsn(3), "x"));
  EXPECT_NE(hash, chain_hash(1, Epoch(2), Lsn(4), "x"));
  EXPECT_NE(hash, chain_hash(1, Epoch(2), Lsn(3), "y"));
  EXPECT_EQ(chain_hash(kChainHashStart, Epoch(1), Lsn(1), "golden"), 12332187430844978303u)
      << "logs on disk depend on it";
}

}  // namespace
}  // namespace multiaz::replication
