// Bad disks: torn tails, flipped bits, failed syncs, power cuts, no space.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "tests/unit/replication/log_owner.h"

namespace multiaz::replication {
namespace {

class LogOnBadDisk : public testing::TestWithParam<Durability> {};
INSTANTIATE_TEST_SUITE_P(Levels, LogOnBadDisk, testing::Values(Durability::kOs, Durability::kDisk),
                         [](const auto& about) { return std::string(to_string(about.param)); });

TEST(LogDamage, ATornTailIsCutAndSaid) {
  LyingStorage disk;
  {
    Owner owner(on(disk, Durability::kOs));
    ASSERT_TRUE(owner.append_stable(numbered(1, 10)));
  }
  std::string& bytes = disk.bytes_of(last_segment(disk));
  bytes.resize(bytes.size() - 9);
  {
    Owner owner(on(disk, Durability::kOs));
    ASSERT_FALSE(owner.error) << owner.error->text();
    EXPECT_EQ(owner.log->tail().lsn, Lsn(9));
    EXPECT_NE(owner.log->at_open().repaired.find("torn after record 9"), std::string::npos);
    ASSERT_TRUE(owner.append_stable({"ten again"}, Epoch(2)));
  }
  Owner owner(on(disk, Durability::kOs));
  ASSERT_FALSE(owner.error);
  EXPECT_EQ(owner.log->at_open().repaired, "");
  EXPECT_EQ(owner.payloads(Lsn(10), Lsn(10)), std::vector<std::string>{"ten again"});
}

TEST(LogDamage, DamageToWhatWasCommittedIsRefusedByName) {
  LyingStorage disk;
  {
    LogOptions options = on(disk, Durability::kOs);
    options.segment_bytes = kSegmentBytes;
    Owner owner(std::move(options));
    for (int i = 1; i <= 10; ++i) ASSERT_TRUE(owner.append_stable(numbered(i, i)));
  }
  const std::string path = last_segment(disk);
  const size_t at = disk.bytes_of(path).find("record 7");
  // It is in the last segment, but later records say that it was committed.
  disk.bytes_of(path)[at] ^= 1;
  Owner owner(on(disk, Durability::kOs));
  ASSERT_TRUE(owner.error);
  EXPECT_EQ(owner.error->code, Code::kCorrupt);
  EXPECT_NE(owner.error->detail.find(path + " at offset " + std::to_string(at - 48)),
            std::string::npos)
      << owner.error->detail;
}

TEST(LogDamage, DamageInAnEarlierSegmentIsRefused) {
  LyingStorage disk;
  {
    Owner owner(on(disk, Durability::kOs));
    ASSERT_TRUE(owner.append_stable(numbered(1, 30)));
  }
  const std::string path = std::string(kFolder) + "/" + numbered_name("log", Lsn(1));
  disk.bytes_of(path).resize(disk.bytes_of(path).size() - 8);
  Owner owner(on(disk, Durability::kOs));
  ASSERT_TRUE(owner.error);
  EXPECT_EQ(owner.error->code, Code::kCorrupt);
  EXPECT_NE(owner.error->detail.find(path), std::string::npos);
}

TEST(LogDamage, ADamagedSnapshotIsNamedAndNeverGivenOut) {
  LyingStorage disk;
  Owner owner(on(disk, Durability::kOs));
  ASSERT_TRUE(owner.append_stable(numbered(1, 5)));
  ASSERT_TRUE(owner.snapshot(Lsn(5), {"a chunk"}));
  std::string& bytes =
      disk.bytes_of(std::string(kFolder) + "/" + numbered_name("snapshot", Lsn(5)));
  bytes[bytes.find("chunk")] ^= 1;
  const auto loaded = owner.log->snapshots().load_now(Lsn(5));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::kCorrupt);
  EXPECT_NE(loaded.error().detail.find("at offset"), std::string::npos);
}

TEST(LogDamage, AFailedSyncIsFinal) {
  LyingStorage disk;
  Owner owner(on(disk, Durability::kDisk));
  ASSERT_TRUE(owner.append_stable({"kept"}));
  disk.fail("sync /d/log", 1);
  EXPECT_FALSE(owner.append_stable({"lost"}));
  EXPECT_FALSE(owner.append_stable({"never tried"}));
  EXPECT_EQ(owner.stable, Lsn(1));
  ASSERT_EQ(owner.failures.size(), 1u);
  EXPECT_NE(owner.failures[0].find("sync /d/log"), std::string::npos);
}

// Shows why Bug::kRetryFsync is a mistake: the second sync has nothing left to write.
TEST(LogDamage, BelievingASecondSyncLosesWhatTheFirstOneDropped) {
  LyingStorage disk;
  {
    LogOptions options = on(disk, Durability::kDisk);
    options.believe_second_sync = true;
    Owner owner(std::move(options));
    ASSERT_TRUE(owner.append_stable({"kept"}));
    disk.fail("sync /d/log", 1);
    EXPECT_TRUE(owner.append_stable({"believed"}));
    EXPECT_EQ(owner.stable, Lsn(2));
  }
  disk.cut_power();
  Owner owner(on(disk, Durability::kDisk));
  EXPECT_EQ(owner.log->tail().lsn, Lsn(1));
}

TEST_P(LogOnBadDisk, AFullDiskIsSaidAndFinal) {
  LyingStorage disk;
  Owner owner(on(disk, GetParam()));
  ASSERT_TRUE(owner.append_stable(numbered(1, 3)));
  disk.bytes_max(0);
  EXPECT_FALSE(owner.append_stable(numbered(4, 20)));
  EXPECT_EQ(owner.stable, Lsn(3));
  ASSERT_EQ(owner.failures.size(), 1u);
  EXPECT_NE(owner.failures[0].find("No space left"), std::string::npos);
}

// At level disk all that was reported survives any power cut, and what survives is a prefix.
TEST(LogDamage, PowerCutsLoseNothingThatWasReported) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    LyingStorage disk;
    uint64_t reported = 0;
    for (int life = 0; life < 4; ++life) {
      Owner owner(on(disk, Durability::kDisk));
      ASSERT_FALSE(owner.error) << owner.error->text();
      const uint64_t tail = owner.log->tail().lsn.raw;
      ASSERT_GE(tail, reported);
      if (tail > 0) {
        ASSERT_EQ(owner.payloads(Lsn(1), Lsn(tail)), numbered(1, static_cast<int>(tail)));
      }
      owner.stable = Lsn(tail);
      reported = tail;
      disk.stop_after(5 + random.below(40));
      for (int i = 0; i < 12; ++i) {
        const int from = static_cast<int>(owner.log->tail().lsn.raw) + 1;
        const int to = from + static_cast<int>(random.below(5));
        if (!owner.append_stable(numbered(from, to), Epoch(life + 1))) break;
      }
      reported = std::max(reported, owner.stable.raw);
      owner.log.reset();
      disk.cut_power(&random);
    }
  }
}

// A crash at any operation of an install leaves the old state or the new one.
TEST(LogDamage, ASnapshotFromElsewhereIsInstalledAsAWhole) {
  for (uint64_t operations = 1; operations <= 30; ++operations) {
    SCOPED_TRACE("power cut after operation " + std::to_string(operations));
    LyingStorage disk;
    {
      Owner owner(on(disk, Durability::kDisk));
      ASSERT_TRUE(owner.append_stable(numbered(1, 20)));
      ASSERT_TRUE(owner.snapshot(Lsn(6), {"old state"}));
      StoredSnapshot other;
      other.mark.lsn = Lsn(operations % 2 == 0 ? 50 : 15);
      other.mark.hash = 4711;
      other.mark.history = {{Epoch(2), Lsn(1)}};
      other.chunks = {"new state"};
      disk.stop_after(operations);
      bool done = false;
      owner.log->reset_to(std::make_shared<StoredSnapshot>(other), [&](Status) { done = true; });
      ASSERT_TRUE(owner.wait([&] { return done || !owner.failures.empty(); }));
      owner.log.reset();
      disk.cut_power();
    }
    Owner owner(on(disk, Durability::kDisk));
    ASSERT_FALSE(owner.error) << owner.error->text();
    const auto kept = owner.log->snapshots().load_now(Lsn(99));
    ASSERT_TRUE(kept);
    if (kept->chunks[0] == "new state") {
      EXPECT_EQ(owner.log->tail().lsn, kept->mark.lsn);
      EXPECT_EQ(owner.log->base().hash, 4711u);
      ASSERT_TRUE(owner.append_stable({"after it"}, Epoch(2)));
    } else {
      EXPECT_EQ(owner.payloads(Lsn(1), Lsn(20)), numbered(1, 20));
    }
  }
}

}  // namespace
}  // namespace multiaz::replication
