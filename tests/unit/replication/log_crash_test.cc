// Crashes at every operation, tears at every byte and flips of every byte of a log's folder.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "tests/unit/replication/log_owner.h"

namespace multiaz::replication {
namespace {

// The state that must be found after a crash at any time.
struct Promised {
  uint64_t tail = 0;        // everything up to here was reported stable
  uint64_t epoch = 0;       // of the last view that was reported stored
  bool taken_back = false;  // the truncation was reported done
};

bool store_view(Owner& owner, Epoch epoch) {
  Meta meta = owner.log->meta();
  meta.view.epoch = epoch;
  meta.view.primary = NodeId("cache-a1");
  meta.view.in_sync = {{NodeId("cache-a1"), Incarnation("aa")}};
  std::optional<Status> done;
  owner.log->persist_meta(meta, [&](Status status) { done = status; });
  return owner.wait([&] { return done.has_value() || !owner.failures.empty(); }) && done &&
         done->ok() && owner.failures.empty();
}

bool append_promised(Owner& owner, int first, int last, Epoch epoch, Promised& promised) {
  const bool done = owner.append_stable(numbered(first, last), epoch);
  promised.tail = std::max(promised.tail, owner.stable.raw);
  return done;
}

// Appends, a checkpoint, a trim, a truncation, another view, another checkpoint, until one fails.
void live(Owner& owner, Promised& promised) {
  if (!store_view(owner, Epoch(1))) return;
  promised.epoch = 1;
  if (!append_promised(owner, 1, 12, Epoch(1), promised)) return;
  owner.log->applied(Lsn(12));
  if (!owner.snapshot(Lsn(6), {"state 6"})) return;
  owner.log->trim(Lsn(6));
  if (!append_promised(owner, 13, 20, Epoch(1), promised)) return;
  owner.stable = Lsn(18);
  promised.tail = 18;  // later records were never committed: a new primary takes them back
  if (!store_view(owner, Epoch(2))) return;
  promised.epoch = 2;
  if (!owner.truncate(Lsn(18))) return;
  promised.taken_back = true;
  std::vector<std::string> fresh = {"other 19", "other 20"};
  const bool kept = owner.append_stable(std::move(fresh), Epoch(2));
  promised.tail = std::max(promised.tail, owner.stable.raw);
  if (!kept || !append_promised(owner, 21, 26, Epoch(2), promised)) return;
  owner.log->applied(Lsn(26));
  if (!owner.snapshot(Lsn(20), {"state 20"})) return;
  owner.log->trim(Lsn(20));
  append_promised(owner, 27, 30, Epoch(2), promised);
}

void expect_kept(LyingStorage& disk, const Promised& promised) {
  Owner owner(on(disk, Durability::kDisk));
  ASSERT_FALSE(owner.error) << owner.error->text();
  const Log& log = *owner.log;
  ASSERT_GE(log.tail().lsn.raw, promised.tail);
  ASSERT_GE(log.meta().view.epoch.raw, promised.epoch);
  ASSERT_LE(log.base().lsn, log.tail().lsn);
  ASSERT_LE(log.oldest(), log.base().lsn);
  if (log.base().lsn > Lsn(0)) {
    const auto state = log.snapshots().load_now(log.base().lsn);
    ASSERT_TRUE(state) << state.error().text();
    ASSERT_EQ(state->chunks[0], "state " + std::to_string(log.base().lsn.raw));
  }
  if (log.oldest() == log.tail().lsn) return;
  uint64_t lsn = log.oldest().raw;
  for (const std::string& payload : owner.payloads(Lsn(lsn + 1), log.tail().lsn)) {
    ++lsn;
    const std::string number = std::to_string(lsn);
    const bool other = (lsn == 19 || lsn == 20) && payload == "other " + number;
    ASSERT_TRUE(other || payload == "record " + number) << payload << " at " << lsn;
    ASSERT_TRUE(other || !promised.taken_back || lsn < 19 || lsn > 20) << payload;
  }
}

// T36: whatever operation the power is cut at, and whatever operation of the recovery it is cut at
// again, the reported records are there, with the bytes that were written.
TEST(LogCrash, T36_AnyOperationMayBeTheLast) {
  bool whole = false;
  uint64_t operations = 1;
  for (; !whole && operations < 1000; ++operations) {
    SCOPED_TRACE("power cut after operation " + std::to_string(operations));
    Random random(operations);
    LyingStorage disk;
    Promised promised;
    {
      Owner owner(on(disk, Durability::kDisk));
      ASSERT_FALSE(owner.error);
      disk.stop_after(operations);
      live(owner, promised);
      whole = promised.tail == 30;
      owner.log.reset();
    }
    disk.cut_power(operations % 2 == 0 ? &random : nullptr);
    disk.stop_after(1 + operations % 7);
    { const Owner recovering(on(disk, Durability::kDisk)); }
    disk.cut_power(&random);
    expect_kept(disk, promised);
    if (HasFatalFailure()) return;
  }
  EXPECT_TRUE(whole);
  EXPECT_GT(operations, 30u);
}

// T32: the file ends at any byte of the last two records; the recovery itself is interrupted, too.
TEST(LogCrash, T32_ATearAtAnyByteCostsTheTornRecordOnly) {
  LyingStorage disk;
  {
    LogOptions options = on(disk, Durability::kDisk);
    options.segment_bytes = kSegmentBytes;
    Owner owner(std::move(options));
    ASSERT_TRUE(owner.append_stable(numbered(1, 10)));
  }
  const std::string path = last_segment(disk);
  const std::string bytes = disk.bytes_of(path);
  const size_t end_of_8 = bytes.find("record 9") - sizeof(RecordHead);
  const size_t end_of_9 = end_of_8 + record_bytes(8);
  const size_t end_of_10 = end_of_9 + record_bytes(9);
  for (size_t cut = end_of_8; cut <= end_of_10; ++cut) {
    SCOPED_TRACE("torn at byte " + std::to_string(cut));
    disk.at_rest(path, bytes.substr(0, cut));
    disk.stop_after(1 + cut % 3);
    { const Owner recovering(on(disk, Durability::kDisk)); }
    disk.cut_power();
    for (int again = 0; again < 2; ++again) {
      Owner owner(on(disk, Durability::kDisk));
      ASSERT_FALSE(owner.error) << owner.error->text();
      const int tail = static_cast<int>(owner.log->tail().lsn.raw);
      ASSERT_GE(tail, cut >= end_of_10 ? 10 : cut >= end_of_9 ? 9 : 8);
      // A record that counts as whole may lack only padding.
      ASSERT_LE(tail, cut + 8 > end_of_10 ? 10 : cut + 8 > end_of_9 ? 9 : 8);
      ASSERT_EQ(owner.payloads(Lsn(1), owner.log->tail().lsn), numbered(1, tail));
    }
  }
}

// T33: a flipped byte anywhere in a log, a snapshot or the metadata is refused or harmless.
TEST(LogCrash, T33_NoFlippedByteIsEverServed) {
  LyingStorage disk;
  {
    Owner owner(on(disk, Durability::kDisk));
    ASSERT_TRUE(store_view(owner, Epoch(3)));
    for (int i = 1; i <= 14; ++i) ASSERT_TRUE(owner.append_stable(numbered(i, i)));
    ASSERT_TRUE(owner.snapshot(Lsn(5), {"state 5"}));
  }
  int refused = 0;
  for (const std::string& path : disk.files()) {
    const std::string bytes = disk.bytes_of(path);
    for (size_t at = 0; at < std::min<size_t>(bytes.size(), 700); ++at) {
      SCOPED_TRACE(path + " byte " + std::to_string(at));
      LyingStorage copy;
      for (const std::string& each : disk.files()) copy.at_rest(each, disk.bytes_of(each));
      std::string flipped = bytes;
      flipped[at] ^= 0x10;
      copy.at_rest(path, flipped);
      Owner owner(on(copy, Durability::kDisk));
      if (owner.error) {
        ++refused;
        continue;
      }
      ASSERT_EQ(owner.log->meta().view.epoch, Epoch(3));
      const auto state = owner.log->snapshots().load_now(Lsn(14));
      ASSERT_EQ(state ? state->chunks[0] : "state 5", "state 5");
      const uint64_t first = owner.log->oldest().raw + 1;
      const uint64_t last = owner.log->tail().lsn.raw;
      ASSERT_GE(last, 13u);  // record 14 says that 13 is committed; only 14 itself may be torn
      ASSERT_EQ(owner.payloads(Lsn(first), Lsn(last)),
                numbered(static_cast<int>(first), static_cast<int>(last)));
    }
  }
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace multiaz::replication
