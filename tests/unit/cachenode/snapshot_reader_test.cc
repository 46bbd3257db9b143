// A snapshot that is read piece by piece shows one moment exactly, whatever happens meanwhile:
// writes, deletes, growth and shrinking of the table, commits, rollbacks, other snapshots.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "cachenode/keyspace/snapshot.h"
#include "tests/unit/cachenode/random_commands.h"

namespace multiaz::cachenode {
namespace {

class Story {
 public:
  explicit Story(uint64_t seed) : random(seed) {
    digests = {cache.db.keys().digest()};
    const uint64_t keys = random.below(400);
    for (uint64_t i = 0; i < keys; ++i) set(i);
    seal();
    commit();
  }

  void set(uint64_t i) { cache.raw(cache.client, {"SET", "u" + std::to_string(i), "v"}); }

  void something() {
    const uint64_t chance = random.below(100);
    if (chance < 50) cache.raw(cache.client, random_write(random));
    if (chance < 30) set(random.below(2000));
    if (chance >= 50 && chance < 75) {
      cache.raw(cache.client, {"DEL", "u" + std::to_string(random.below(400))});
    }
    if (random.percent(60)) seal();
    if (chance >= 75 && chance < 90) commit();
    if (chance >= 95) roll_back();
  }

  void seal() {
    if (!cache.seal().empty()) digests.push_back(cache.db.keys().digest());
  }
  void commit() {
    committed = Lsn(random.between(committed.raw, cache.tail.raw));
    cache.db.journal().committed(committed);
  }
  void roll_back() {
    const Lsn target(random.between(committed.raw, cache.tail.raw));
    cache.db.journal().rollback(target);
    cache.tail = target;
    digests.resize(target.raw + 1);
  }
  uint64_t committed_digest() const { return digests[committed.raw]; }

  Random random;
  Cache cache;
  std::vector<uint64_t> digests;  // by lsn
  Lsn committed;
};

// A snapshot in progress, and what it must contain.
struct Reading {
  std::unique_ptr<SnapshotReader> reader;
  uint64_t digest = 0;
  std::vector<std::string> pieces;
};

// True when it is over; `whole` counts those that were read to their end.
bool read_on(Reading& reading, int& whole) {
  auto piece = reading.reader->next();
  if (!piece) {
    EXPECT_EQ(piece.error().code, Code::kConflict);
    return true;
  }
  if (!piece->empty()) {
    reading.pieces.push_back(std::move(*piece));
    return false;
  }
  Keyspace copy(99);
  const Status read = read_snapshot(reading.pieces, copy);
  EXPECT_TRUE(read.ok());
  EXPECT_EQ(copy.digest(), reading.digest);
  ++whole;
  return true;
}

TEST(SnapshotReader, ShowsOneMomentWhateverHappensMeanwhile) {
  int whole = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Story story(seed);
    std::vector<Reading> readings;
    for (int step = 0; step < 400; ++step) {
      story.something();
      if (readings.size() < 3 && story.random.percent(10)) {
        Reading reading;
        const size_t piece_bytes = story.random.between(10, 2000);
        reading.reader =
            SnapshotReader::committed(story.cache.db.keys(), story.cache.db.journal(), piece_bytes);
        reading.digest = story.committed_digest();
        if (reading.reader) readings.push_back(std::move(reading));
      }
      std::erase_if(readings, [&](Reading& reading) {
        return story.random.percent(50) && read_on(reading, whole);
      });
      if (testing::Test::HasFailure()) FAIL() << "step " << step;
    }
  }
  EXPECT_GT(whole, 200);
}

TEST(SnapshotReader, EndsWhenEverythingIsFlushed) {
  Cache cache;
  for (int i = 0; i < 500; ++i) cache.run("SET k" + std::to_string(i) + " v");
  cache.commit_all();
  SnapshotReader reader(cache.db.keys(), 100);
  ASSERT_TRUE(reader.next().ok());
  cache.run("FLUSHALL");
  const auto piece = reader.next();
  ASSERT_FALSE(piece.ok());
  EXPECT_EQ(piece.error().code, Code::kConflict);
}

TEST(SnapshotReader, KeepsOnlyWhatChangesAheadOfIt) {
  Cache cache;
  for (int i = 0; i < 5000; ++i) cache.run("SET k" + std::to_string(i) + " v");
  SnapshotReader reader(cache.db.keys(), 1000);
  size_t pieces = 0;
  for (auto piece = reader.next(); !piece->empty(); piece = reader.next()) {
    ++pieces;
    ASSERT_LE(piece->size(), 1000u);
    cache.run("SET k1 changed-again");
  }
  EXPECT_GT(pieces, 50u);
}

}  // namespace
}  // namespace multiaz::cachenode
