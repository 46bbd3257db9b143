// The keyspace: small hashes stay small, memory is accounted for, snapshots come back equal.
#include "cachenode/keyspace/keyspace.h"

#include <gtest/gtest.h>

#include "cachenode/keyspace/snapshot.h"
#include "tests/unit/cachenode/support.h"

namespace multiaz::cachenode {
namespace {

size_t bytes_per_session(size_t value_bytes) {
  constexpr size_t kSessions = 10000;
  Database db(kTestSeed, 1);
  for (size_t i = 0; i < kSessions; ++i) {
    Database::Fields fields;
    for (int field = 0; field < 10; ++field) {
      fields.emplace_back("field" + std::to_string(field), std::string(value_bytes, 'x'));
    }
    db.set_fields("session:" + std::to_string(1'000'000'000'000 + i), std::move(fields));
    db.journal().committed(Lsn(i + 1));
    db.journal().seal(Lsn(i + 1));
  }
  return db.keys().used_bytes() / kSessions;
}

TEST(Keyspace, SmallHashesAreCompact) {
  EXPECT_LT(bytes_per_session(10), 350u);    // Redis 7: 321
  EXPECT_LT(bytes_per_session(100), 1400u);  // Redis 7: 1,855
}

TEST(Keyspace, AHashOutgrowsItsCompactForm) {
  Cache cache;
  for (int i = 0; i < 500; ++i) {
    const std::string number = std::to_string(i);
    ASSERT_EQ(cache.run("HSET h f" + number + " v" + number), "1");
  }
  EXPECT_FALSE(cache.db.find("h")->hash()->compact());
  EXPECT_EQ(cache.run("HLEN h"), "500");
  EXPECT_EQ(cache.run("HGET h f321"), "\"v321\"");
  for (int i = 0; i < 500; ++i) ASSERT_EQ(cache.run("HDEL h f" + std::to_string(i)), "1");
  EXPECT_EQ(cache.run("EXISTS h"), "0");
}

TEST(Keyspace, MemoryIsGivenBack) {
  Cache cache;
  const size_t empty = cache.db.used_bytes();
  cache.run("SET k " + std::string(100'000, 'x'));
  EXPECT_GT(cache.db.used_bytes(), empty + 100'000);
  cache.run("APPEND k more");
  cache.run("HSET h f " + std::string(5000, 'y'));
  cache.run("DEL k h");
  EXPECT_LT(cache.db.used_bytes(), empty + 1000);  // the table itself stays
  EXPECT_EQ(cache.db.journal().held_bytes(), 0u);
}

TEST(Snapshot, ComesBackEqualWhateverTheChunkSize) {
  Cache cache;
  for (int i = 0; i < 300; ++i) {
    const std::string n = std::to_string(i);
    cache.run("SET s" + n + " value" + n + (i % 3 == 0 ? " PX 5000" : ""));
    cache.run("HSET h" + std::to_string(i % 40) + " f" + n + " " + std::string(i, 'v'));
  }
  cache.run("SET big " + std::string(10'000, 'b'));
  for (const size_t chunk_bytes : {1u, 7u, 100u, 4096u, 1u << 20}) {
    const std::vector<std::string> chunks = write_snapshot(cache.db.keys(), chunk_bytes);
    Keyspace copy(99);  // another seed: another order
    const Status read = read_snapshot(chunks, copy);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(copy.digest(), cache.db.keys().digest());
    EXPECT_EQ(copy.size(), cache.db.keys().size());
    EXPECT_EQ(copy.expiring(), cache.db.keys().expiring());
    for (const std::string& chunk : chunks) ASSERT_LE(chunk.size(), chunk_bytes);
  }
}

TEST(Snapshot, DamageIsFound) {
  Cache cache;
  for (int i = 0; i < 20; ++i) cache.run("SET k" + std::to_string(i) + " v");
  const std::vector<std::string> good = write_snapshot(cache.db.keys(), 1 << 20);
  ASSERT_EQ(good.size(), 1u);
  for (size_t at = 0; at < good[0].size(); ++at) {
    std::vector<std::string> bad = good;
    bad[0][at] ^= 0x20;
    Keyspace flipped(kTestSeed);
    EXPECT_FALSE(read_snapshot(bad, flipped).ok()) << "byte " << at;
    bad[0] = good[0].substr(0, at);
    Keyspace cut(kTestSeed);
    EXPECT_FALSE(read_snapshot(bad, cut).ok()) << "cut at " << at;
  }
}

TEST(Change, DecodingSurvivesAnything) {
  Random random(11);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes;
    bytes.push_back(static_cast<char>(random.below(9)));
    for (uint64_t i = random.below(30); i > 0; --i) {
      bytes.push_back(static_cast<char>(random.percent(60) ? random.below(8) : random.next()));
    }
    std::string_view in = bytes;
    while (!in.empty() && decode_change(in, 1).ok()) {
    }
  }
}

}  // namespace
}  // namespace multiaz::cachenode
