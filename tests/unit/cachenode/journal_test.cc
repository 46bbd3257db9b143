// The journal: rollback is exact, replicas become equal, snapshots leave uncommitted effects out,
// and a key with an uncommitted write is known.
#include "cachenode/keyspace/journal.h"

#include <gtest/gtest.h>

#include "cachenode/keyspace/snapshot.h"
#include "tests/unit/cachenode/random_commands.h"

namespace multiaz::cachenode {
namespace {

TEST(Journal, RollbackRestoresEveryEarlierState) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Cache cache;
    std::vector<uint64_t> digests = {cache.db.keys().digest()};  // by lsn
    std::vector<size_t> used = {cache.db.keys().used_bytes()};
    Lsn committed;
    for (int step = 0; step < 200; ++step) {
      const uint64_t chance = random.below(100);
      if (chance < 80) {
        for (uint64_t i = random.below(4); i > 0; --i) {
          cache.raw(cache.client, random_write(random));
        }
        if (cache.seal().empty()) continue;
        digests.push_back(cache.db.keys().digest());
      } else if (chance < 90) {
        committed = Lsn(random.between(committed.raw, cache.tail.raw));
        cache.db.journal().committed(committed);
      } else {
        cache.raw(cache.client, random_write(random));  // the open record is undone as well
        const Lsn target(random.between(committed.raw, cache.tail.raw));
        cache.db.journal().rollback(target);
        cache.tail = target;
        digests.resize(target.raw + 1);
      }
      ASSERT_EQ(cache.db.keys().digest(), digests.back()) << "step " << step;
    }
    cache.db.journal().rollback(committed);
    EXPECT_EQ(cache.db.keys().digest(), digests[committed.raw]);
    EXPECT_TRUE(cache.db.journal().empty());
    EXPECT_EQ(cache.db.journal().held_bytes(), 0u);
    EXPECT_EQ(cache.db.journal().pending_any(), Lsn());
  }
}

TEST(Journal, ReplicasBecomeEqual) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Cache primary, replica(4711);  // another seed, another order of everything
    for (int step = 0; step < 300; ++step) {
      for (uint64_t i = random.between(1, 4); i > 0; --i) {
        primary.raw(primary.client, random_write(random));
      }
      const std::string payload = primary.seal();
      if (payload.empty()) continue;
      ASSERT_TRUE(replica.db.journal().apply(payload).ok());
      ASSERT_EQ(replica.db.keys().digest(), primary.db.keys().digest()) << "step " << step;
      if (random.percent(50)) primary.commit_all();
    }
    EXPECT_EQ(replica.db.keys().expiring(), primary.db.keys().expiring());
  }
}

TEST(Journal, SnapshotsHoldOnlyWhatIsCommitted) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Cache cache;
    uint64_t committed_digest = cache.db.keys().digest();
    for (int step = 0; step < 100; ++step) {
      cache.raw(cache.client, random_write(random));
      if (random.percent(70)) cache.seal();
      if (random.percent(20) && !cache.db.journal().open()) {
        cache.commit_all();
        committed_digest = cache.db.keys().digest();
      }
      const uint64_t before = cache.db.keys().digest();
      std::vector<std::string> chunks;
      cache.db.journal().without_uncommitted(
          [&] { chunks = write_snapshot(cache.db.keys(), 4096); });
      ASSERT_EQ(cache.db.keys().digest(), before);
      Keyspace copy(kTestSeed);
      ASSERT_TRUE(read_snapshot(chunks, copy).ok());
      ASSERT_EQ(copy.digest(), committed_digest) << "step " << step;
    }
  }
}

TEST(Journal, KnowsWhichKeysAreUncommitted) {
  Cache cache;
  cache.raw(cache.client, {"SET", "a", "1"});
  cache.seal();
  cache.raw(cache.client, {"SET", "b", "1"});
  cache.seal();
  cache.raw(cache.client, {"SET", "a", "2"});
  cache.seal();
  const Journal& journal = cache.db.journal();
  EXPECT_EQ(journal.pending("a"), Lsn(3));
  EXPECT_EQ(journal.pending("b"), Lsn(2));
  EXPECT_EQ(journal.pending("c"), Lsn());
  cache.db.journal().committed(Lsn(2));
  EXPECT_EQ(journal.pending("a"), Lsn(3));
  EXPECT_EQ(journal.pending("b"), Lsn());
  cache.raw(cache.client, {"FLUSHALL"});
  cache.seal();
  EXPECT_EQ(journal.pending("c"), Lsn(4));
  cache.db.journal().rollback(Lsn(3));
  EXPECT_EQ(journal.pending("a"), Lsn(3));
  EXPECT_EQ(journal.pending("c"), Lsn());
  cache.db.journal().committed(Lsn(3));
  EXPECT_EQ(journal.pending("a"), Lsn());
  EXPECT_EQ(cache.run("GET a"), "\"2\"");
}

TEST(Journal, RefusesARecordItDoesNotUnderstand) {
  Cache cache;
  EXPECT_FALSE(cache.db.journal().apply("").ok());
  EXPECT_FALSE(cache.db.journal().apply("\x7f").ok());
  EXPECT_FALSE(cache.db.journal().apply(std::string("\x01\x03\x01k\x05", 5)).ok());  // no such key
}

}  // namespace
}  // namespace multiaz::cachenode
