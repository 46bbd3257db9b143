// The log of one member: what it keeps, what it finds again, and what it refuses to believe.
#include "replication/log/log.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>

#include "replication/log/format.h"
#include "tests/unit/replication/lying_storage.h"

namespace multiaz::replication {
namespace {

constexpr std::string_view kFolder = "/d";

// A log with a mind of its own thread: waits for conditions, never sleeps.
class Owner {
 public:
  explicit Owner(LogOptions options) {
    options.wake = [this] {
      const std::lock_guard<std::mutex> guard(mutex_);
      woken_ = true;
      changed_.notify_one();
    };
    auto opened = Log::open(std::move(options));
    if (!opened) {
      error = opened.error();
      return;
    }
    log = std::move(*opened);
    log->on_stable = [this](Lsn lsn, Epoch epoch) {
      stable = lsn;
      stable_epoch = epoch;
    };
    log->on_failed = [this](const std::string& reason) { failures.push_back(reason); };
  }

  template <typename Condition>
  bool wait(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (true) {
      log->poll();
      if (condition()) return true;
      std::unique_lock<std::mutex> guard(mutex_);
      if (!changed_.wait_until(guard, limit, [this] { return woken_; })) return false;
      woken_ = false;
    }
  }

  // Records get the text as payload; everything before counts as committed.
  void append(std::vector<std::string> payloads, Epoch epoch = Epoch(1)) {
    std::vector<Record> records;
    Lsn lsn = log->tail().lsn;
    uint64_t hash = log->tail().hash;
    for (std::string& payload : payloads) {
      lsn = next(lsn);
      hash = chain_hash(hash, epoch, lsn, payload);
      records.push_back(Record{epoch, lsn, hash, std::move(payload)});
    }
    log->append(std::move(records), stable);
  }

  bool append_stable(std::vector<std::string> payloads, Epoch epoch = Epoch(1)) {
    append(std::move(payloads), epoch);
    log->flush();
    return wait([this] { return stable == log->tail().lsn || !failures.empty(); }) &&
           failures.empty();
  }

  std::vector<std::string> payloads(Lsn first, Lsn last) {
    std::vector<std::string> out;
    while (first <= last) {
      const auto slice = log->read(first, last, 1u << 20);
      if (!slice) return {slice.error().text()};
      for (const Record& record : slice->records) out.push_back(record.payload);
      first = next(slice->records.back().lsn);
    }
    return out;
  }

  bool truncate(Lsn last) {
    bool done = false;
    log->truncate_after(last, [&](Status) { done = true; });
    return wait([&] { return done || !failures.empty(); }) && done;
  }

  bool snapshot(Lsn lsn, std::vector<std::string> chunks) {
    StoredSnapshot snapshot;
    snapshot.mark = *log->mark_at(lsn);
    snapshot.chunks = std::move(chunks);
    std::optional<Status> done;
    log->save_snapshot(std::move(snapshot), [&](Status status) { done = status; });
    return wait([&] { return done.has_value(); }) && done->ok();
  }

  std::unique_ptr<Log> log;
  std::optional<Error> error;
  Lsn stable;
  Epoch stable_epoch;
  std::vector<std::string> failures;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
};

std::vector<std::string> numbered(int first, int last) {
  std::vector<std::string> out;
  for (int i = first; i <= last; ++i) out.push_back("record " + std::to_string(i));
  return out;
}

LogOptions on(LyingStorage& disk, Durability durability) {
  LogOptions options;
  options.folder = kFolder;
  options.storage = &disk;
  options.durability = durability;
  options.segment_bytes = 600;  // a few records each
  options.recent_bytes_max = 40;
  return options;
}

std::string last_segment(LyingStorage& disk) {
  std::string found;
  for (const std::string& path : disk.files()) {
    if (path.find("/log-") != std::string::npos) found = path;
  }
  return found;
}

class LogAt : public testing::TestWithParam<Durability> {};
INSTANTIATE_TEST_SUITE_P(Levels, LogAt, testing::Values(Durability::kOs, Durability::kDisk),
                         [](const auto& about) { return std::string(to_string(about.param)); });

TEST_P(LogAt, RecordsComeBackAfterARestart) {
  LyingStorage disk;
  Incarnation life;
  {
    Owner owner(on(disk, GetParam()));
    ASSERT_FALSE(owner.error);
    EXPECT_TRUE(owner.log->fresh());
    life = owner.log->meta().incarnation;
    EXPECT_EQ(life.raw.size(), 32u);
    ASSERT_TRUE(owner.append_stable(numbered(1, 20)));
    ASSERT_TRUE(owner.append_stable(numbered(21, 40), Epoch(3)));
    EXPECT_EQ(owner.stable_epoch, Epoch(3));
  }
  Owner owner(on(disk, GetParam()));
  ASSERT_FALSE(owner.error);
  EXPECT_FALSE(owner.log->fresh());
  EXPECT_EQ(owner.log->meta().incarnation, life);
  EXPECT_EQ(owner.log->tail().lsn, Lsn(40));
  EXPECT_EQ(owner.log->known_commit(), Lsn(20));
  EXPECT_EQ(owner.log->tail().history, (History{{Epoch(1), Lsn(1)}, {Epoch(3), Lsn(21)}}));
  EXPECT_GT(owner.log->counters().segments, 3u);
  EXPECT_EQ(owner.payloads(Lsn(1), Lsn(40)), numbered(1, 40));
  EXPECT_EQ(owner.payloads(Lsn(17), Lsn(23)), numbered(17, 23));
  ASSERT_TRUE(owner.append_stable(numbered(41, 41), Epoch(3)));
  EXPECT_EQ(owner.payloads(Lsn(39), Lsn(41)), numbered(39, 41));
}

TEST_P(LogAt, TruncationCutsAcrossSegmentsAndSurvives) {
  LyingStorage disk;
  {
    Owner owner(on(disk, GetParam()));
    ASSERT_TRUE(owner.append_stable(numbered(1, 30)));
    ASSERT_TRUE(owner.truncate(Lsn(7)));
    EXPECT_EQ(owner.log->tail().lsn, Lsn(7));
    ASSERT_TRUE(owner.append_stable({"other 8"}, Epoch(2)));
    ASSERT_TRUE(owner.truncate(Lsn(8)));  // nothing to cut is fine
    disk.cut_power();
  }
  Owner owner(on(disk, GetParam()));
  ASSERT_FALSE(owner.error) << owner.error->text();
  if (GetParam() == Durability::kOs) return;  // promised nothing about power
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
  EXPECT_EQ(owner.log->newest_snapshot(), Lsn(20));
  EXPECT_EQ(owner.log->load_snapshot_now(Lsn(19))->chunks,
            (std::vector<std::string>{"state at", " 12"}));
  EXPECT_EQ(owner.log->load_snapshot_now(Lsn(99))->chunks,
            (std::vector<std::string>{"state at 20"}));
  EXPECT_EQ(owner.log->load_snapshot_now(Lsn(11)).error().code, Code::kNotFound);
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
  EXPECT_EQ(owner.log->load_snapshot_now(Lsn(16))->chunks, std::vector<std::string>{"state"});
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

TEST(Log, ATornTailIsCutAndSaid) {
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
    EXPECT_NE(owner.log->repaired().find("torn after record 9"), std::string::npos);
    ASSERT_TRUE(owner.append_stable({"ten again"}, Epoch(2)));
  }
  Owner owner(on(disk, Durability::kOs));
  ASSERT_FALSE(owner.error);
  EXPECT_EQ(owner.log->repaired(), "");
  EXPECT_EQ(owner.payloads(Lsn(10), Lsn(10)), std::vector<std::string>{"ten again"});
}

TEST(Log, DamageToWhatWasCommittedIsRefusedByName) {
  LyingStorage disk;
  {
    LogOptions options = on(disk, Durability::kOs);
    options.segment_bytes = kSegmentBytes;
    Owner owner(std::move(options));
    for (int i = 1; i <= 10; ++i) ASSERT_TRUE(owner.append_stable(numbered(i, i)));
  }
  const std::string path = last_segment(disk);
  const size_t at = disk.bytes_of(path).find("record 7");
  disk.bytes_of(path)[at] ^= 1;  // in the last segment, but later records say it was committed
  Owner owner(on(disk, Durability::kOs));
  ASSERT_TRUE(owner.error);
  EXPECT_EQ(owner.error->code, Code::kCorrupt);
  EXPECT_NE(owner.error->detail.find(path + " at offset " + std::to_string(at - 48)),
            std::string::npos)
      << owner.error->detail;
}

TEST(Log, DamageInAnEarlierSegmentIsRefused) {
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

TEST(Log, ADamagedSnapshotIsNamedAndNeverGivenOut) {
  LyingStorage disk;
  Owner owner(on(disk, Durability::kOs));
  ASSERT_TRUE(owner.append_stable(numbered(1, 5)));
  ASSERT_TRUE(owner.snapshot(Lsn(5), {"a chunk"}));
  std::string& bytes =
      disk.bytes_of(std::string(kFolder) + "/" + numbered_name("snapshot", Lsn(5)));
  bytes[bytes.find("chunk")] ^= 1;
  const auto loaded = owner.log->load_snapshot_now(Lsn(5));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::kCorrupt);
  EXPECT_NE(loaded.error().detail.find("at offset"), std::string::npos);
}

TEST(Log, AFailedSyncIsFinal) {
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

// What Bug::kRetryFsync does, and why it is one: the second sync has nothing left to write.
TEST(Log, BelievingASecondSyncLosesWhatTheFirstOneDropped) {
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

TEST_P(LogAt, AFullDiskIsSaidAndFinal) {
  LyingStorage disk;
  Owner owner(on(disk, GetParam()));
  ASSERT_TRUE(owner.append_stable(numbered(1, 3)));
  disk.bytes_max(0);
  EXPECT_FALSE(owner.append_stable(numbered(4, 20)));
  EXPECT_EQ(owner.stable, Lsn(3));
  ASSERT_EQ(owner.failures.size(), 1u);
  EXPECT_NE(owner.failures[0].find("No space left"), std::string::npos);
}

// At level disk whatever was reported survives any power cut, and what survives is a prefix.
TEST(Log, PowerCutsLoseNothingThatWasReported) {
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
TEST(Log, ASnapshotFromElsewhereIsInstalledAsAWhole) {
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
    const auto kept = owner.log->load_snapshot_now(Lsn(99));
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
