// Tests which records the log of one member keeps and finds again.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "tests/unit/replication/log_owner.h"

namespace multiaz::replication {
namespace {

class LogAt : public testing::TestWithParam<Durability> {};
INSTANTIATE_TEST_SUITE_P(Levels, LogAt, testing::Values(Durability::kOs, Durability::kDisk),
                         [](const auto& about) { return std::string(to_string(about.param)); });

TEST_P(LogAt, RecordsComeBackAfterARestart) {
  LyingStorage disk;
  Incarnation life;
  {
    Owner owner(on(disk, GetParam()));
    ASSERT_FALSE(owner.error);
    EXPECT_TRUE(owner.log->at_open().fresh);
    life = owner.log->meta().incarnation;
    EXPECT_EQ(life.raw.size(), 32u);
    ASSERT_TRUE(owner.append_stable(numbered(1, 20)));
    ASSERT_TRUE(owner.append_stable(numbered(21, 40), Epoch(3)));
    EXPECT_EQ(owner.stable_epoch, Epoch(3));
  }
  Owner owner(on(disk, GetParam()));
  ASSERT_FALSE(owner.error);
  EXPECT_FALSE(owner.log->at_open().fresh);
  EXPECT_EQ(owner.log->meta().incarnation, life);
  EXPECT_EQ(owner.log->tail().lsn, Lsn(40));
  EXPECT_EQ(owner.log->at_open().known_commit, Lsn(20));
  EXPECT_EQ(owner.log->tail().history, (History{{Epoch(1), Lsn(1)}, {Epoch(3), Lsn(21)}}));
  EXPECT_GT(owner.log->counters().segments, 3u);
  EXPECT_EQ(owner.payloads(Lsn(1), Lsn(40)), numbered(1, 40));
  EXPECT_EQ(owner.payloads(Lsn(17), Lsn(23)), numbered(17, 23));
  ASSERT_TRUE(owner.append_stable(numbered(41, 41), Epoch(3)));
  EXPECT_EQ(owner.payloads(Lsn(39), Lsn(41)), numbered(39, 41));
}

TEST_P(LogAt, RoundPositionsAreRememberedUntilTheyAreCutOff) {
  LyingStorage disk;
  Owner owner(on(disk, GetParam()));
  const auto at = [&](size_t i) { return owner.log->milestones()[i]; };
  EXPECT_EQ(at(0).lsn, Lsn());
  ASSERT_TRUE(owner.append_stable(numbered(1, 40)));
  EXPECT_EQ(at(0).lsn, Lsn(32));
  EXPECT_EQ(at(0).hash, *owner.log->hash_at(Lsn(32)));
  EXPECT_EQ(at(1).lsn, Lsn()) << "a multiple of 256 has not come";
  ASSERT_TRUE(owner.append_stable(numbered(41, 300)));
  EXPECT_EQ(at(0).lsn, Lsn(288));
  EXPECT_EQ(at(1).hash, *owner.log->hash_at(Lsn(256)));
  ASSERT_TRUE(owner.truncate(Lsn(260)));
  EXPECT_EQ(at(0).lsn, Lsn()) << "it may come back as another record";
  EXPECT_EQ(at(1).lsn, Lsn(256));
}

TEST_P(LogAt, TruncationCutsAcrossSegmentsAndSurvives) {
  LyingStorage disk;
  {
    Owner owner(on(disk, GetParam()));
    ASSERT_TRUE(owner.append_stable(numbered(1, 30)));
    ASSERT_TRUE(owner.truncate(Lsn(7)));
    EXPECT_EQ(owner.log->tail().lsn, Lsn(7));
    ASSERT_TRUE(owner.append_stable({"other 8"}, Epoch(2)));
    ASSERT_TRUE(owner.truncate(Lsn(8)));  // to cut nothing is allowed
    disk.cut_power();
  }
  Owner owner(on(disk, GetParam()));
  ASSERT_FALSE(owner.error) << owner.error->text();
  if (GetParam() == Durability::kOs) return;  // this level guarantees nothing after a power cut
  EXPECT_EQ(owner.log->tail().lsn, Lsn(8));
  EXPECT_EQ(owner.payloads(Lsn(8), Lsn(8)), std::vector<std::string>{"other 8"});
  EXPECT_EQ(owner.log->tail().history, (History{{Epoch(1), Lsn(1)}, {Epoch(2), Lsn(8)}}));
}

TEST_P(LogAt, SnapshotsBoundTheLog) {
  LyingStorage disk;
  {
    Owner owner(on(disk, GetParam()));
    ASSERT_TRUE(owner.append_stable(numbered(1, 30)));
    ASSERT_TRUE(owner.snapshot(Lsn(12), {"state at", " 12"}));
    ASSERT_TRUE(owner.snapshot(Lsn(20), {"state at 20"}));
    owner.log->trim(Lsn(15));
    EXPECT_EQ(owner.log->base().lsn, Lsn(12));
    EXPECT_EQ(owner.payloads(Lsn(13), Lsn(30)), numbered(13, 30));
    EXPECT_LT(owner.log->oldest(), Lsn(13));
    EXPECT_GT(owner.log->oldest(), Lsn(0));
  }
  Owner owner(on(disk, GetParam()));
  ASSERT_FALSE(owner.error) << owner.error->text();
  EXPECT_EQ(owner.log->base().lsn, Lsn(12));
  EXPECT_EQ(owner.log->snapshots().newest(), Lsn(20));
  EXPECT_EQ(owner.log->snapshots().load_now(Lsn(19))->chunks,
            (std::vector<std::string>{"state at", " 12"}));
  EXPECT_EQ(owner.log->snapshots().load_now(Lsn(99))->chunks,
            (std::vector<std::string>{"state at 20"}));
  EXPECT_EQ(owner.log->snapshots().load_now(Lsn(11)).error().code, Code::kNotFound);
  owner.log->trim(Lsn(30));
  EXPECT_EQ(owner.log->base().lsn, Lsn(20));
  ASSERT_TRUE(owner.truncate(Lsn(20)));  // down to the base itself
  ASSERT_TRUE(owner.append_stable({"other 21"}, Epoch(2)));
  EXPECT_EQ(owner.payloads(Lsn(21), Lsn(21)), std::vector<std::string>{"other 21"});
}

TEST(Log, WithoutAFolderItKeepsTheSameInMemory) {
  Owner owner{LogOptions()};
  ASSERT_TRUE(owner.append_stable(numbered(1, 30)));
  ASSERT_TRUE(owner.snapshot(Lsn(12), {"state"}));
  owner.log->trim(Lsn(30));
  EXPECT_EQ(owner.log->oldest(), Lsn(12));
  EXPECT_EQ(owner.payloads(Lsn(13), Lsn(30)), numbered(13, 30));
  ASSERT_TRUE(owner.truncate(Lsn(15)));
  ASSERT_TRUE(owner.append_stable({"other 16"}, Epoch(2)));
  EXPECT_EQ(owner.payloads(Lsn(15), Lsn(16)), (std::vector<std::string>{"record 15", "other 16"}));
  EXPECT_EQ(owner.log->snapshots().load_now(Lsn(16))->chunks, std::vector<std::string>{"state"});
}

TEST(Log, WhileASyncRunsFurtherAppendsCollectForTheNext) {
  LyingStorage disk;
  LogOptions options = on(disk, Durability::kDisk);
  options.segment_bytes = kSegmentBytes;
  Owner owner(std::move(options));
  ASSERT_TRUE(owner.append_stable({"first"}));
  const uint64_t before = owner.log->counters().syncs;
  disk.hold_syncs(true);
  for (int i = 0; i < 50; ++i) {
    owner.append({"more"});
    owner.log->flush();
  }
  disk.hold_syncs(false);
  ASSERT_TRUE(owner.wait([&] { return owner.stable == Lsn(51); }));
  EXPECT_LE(owner.log->counters().syncs - before, 3u);
}

TEST(Log, MetadataIsReplacedAsAWholeAndChecked) {
  LyingStorage disk;
  Meta meta;
  {
    Owner owner(on(disk, Durability::kOs));
    meta = owner.log->meta();
    meta.view.epoch = Epoch(7);
    meta.view.primary = NodeId("cache-a1");
    meta.view.in_sync = {{NodeId("cache-a1"), Incarnation("aa")}};
    meta.addresses[NodeId("cache-a1")] = "127.20.1.61:7946";
    bool done = false;
    owner.log->persist_meta(meta, [&](Status) { done = true; });
    ASSERT_TRUE(owner.wait([&] { return done; }));
    disk.cut_power();
  }
  {
    Owner owner(on(disk, Durability::kOs));
    EXPECT_EQ(owner.log->meta(), meta);
  }
  disk.bytes_of("/d/meta")[30] ^= 1;
  Owner owner(on(disk, Durability::kOs));
  ASSERT_TRUE(owner.error);
  EXPECT_EQ(owner.error->code, Code::kCorrupt);
}

TEST(Log, TheRealFileSystemKeepsItAndLocksTheFolder) {
  char name[] = "/tmp/log_test.XXXXXX";
  ASSERT_TRUE(mkdtemp(name));
  LogOptions options;
  options.folder = std::string(name) + "/a/b";
  options.durability = Durability::kDisk;
  {
    Owner owner(options);
    ASSERT_FALSE(owner.error) << owner.error->text();
    ASSERT_TRUE(owner.append_stable(numbered(1, 100)));
    ASSERT_TRUE(owner.truncate(Lsn(90)));
    Owner second(options);
    ASSERT_TRUE(second.error);
    EXPECT_EQ(second.error->code, Code::kConflict);
  }
  {
    Owner owner(options);
    ASSERT_FALSE(owner.error) << owner.error->text();
    EXPECT_EQ(owner.payloads(Lsn(1), Lsn(90)), numbered(1, 90));
  }
  std::filesystem::remove_all(name);
}

}  // namespace
}  // namespace multiaz::replication
