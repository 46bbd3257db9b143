#include "dbnode/store/page_store.h"

#include <gtest/gtest.h>

#include <memory>

#include "dbnode/store/delta.h"
#include "dbnode/store/image.h"

namespace multiaz::dbnode::store {
namespace {

WriteSet make_set(Lsn base, PageNo count, std::initializer_list<std::pair<PageNo, char>> pages) {
  WriteSet set;
  set.base = base;
  set.page_count = count;
  for (const auto& [number, fill] : pages) {
    set.pages[number] = std::make_unique<Page>();
    set.pages[number]->fill(static_cast<uint8_t>(fill));
  }
  return set;
}

void publish(PageStore& store, uint64_t lsn, WriteSet set) {
  const View view = store.pin(Visible::kPublished);
  ASSERT_EQ(store.reserve(view), Reserve::kGranted);
  ASSERT_TRUE(store.publish(Lsn(lsn), store.generation(), std::move(set)));
  store.unpin(view);
}

char first_byte(const PageStore& store, const View& view, PageNo page) {
  Page out;
  return store.read(view, page, out) ? static_cast<char>(out[0]) : '!';
}

TEST(PageStore, ReadersSeeAVersionOnlyWhenItIsCommitted) {
  PageStore store;
  publish(store, 1, make_set(Lsn(0), 1, {{1, 'a'}}));
  const View before = store.pin(Visible::kCommitted);
  EXPECT_EQ(before.lsn, Lsn(0));
  EXPECT_EQ(store.page_count(before), 1u) << "the first page of a database without tables";
  EXPECT_EQ(first_byte(store, store.pin(Visible::kPublished), 1), 'a');
  store.commit(Lsn(1));
  EXPECT_EQ(first_byte(store, before, 1), 'S') << "a pinned snapshot never changes";
  EXPECT_EQ(first_byte(store, store.pin(Visible::kCommitted), 1), 'a');
}

TEST(PageStore, CommitMayArriveBeforePublish) {
  PageStore store;
  store.commit(Lsn(1));
  EXPECT_EQ(store.committed(), Lsn(0));
  publish(store, 1, make_set(Lsn(0), 1, {{1, 'a'}}));
  EXPECT_EQ(store.committed(), Lsn(1));
}

TEST(PageStore, KeepsExactlyTheVersionsThatPinsReach) {
  PageStore store;
  publish(store, 1, make_set(Lsn(0), 2, {{1, 'a'}, {2, 'a'}}));
  store.commit(Lsn(1));
  const View old = store.pin(Visible::kCommitted);
  for (uint64_t lsn = 2; lsn <= 100; lsn++) {
    publish(store, lsn, make_set(Lsn(lsn - 1), 2, {{1, 'b'}}));
    store.commit(Lsn(lsn));
  }
  EXPECT_EQ(store.versions(), 3u) << "page 2, page 1 as of 1 for the pin, page 1 as of 100";
  EXPECT_EQ(first_byte(store, old, 1), 'a');
  store.unpin(old);
  EXPECT_EQ(store.versions(), 2u);
}

TEST(PageStore, AVersionSharedByTwoPinsGoesWithTheLast) {
  PageStore store;
  publish(store, 1, make_set(Lsn(0), 2, {{1, 'a'}, {2, 'a'}}));
  store.commit(Lsn(1));
  const View first = store.pin(Visible::kCommitted);
  publish(store, 2, make_set(Lsn(1), 2, {{2, 'b'}}));
  store.commit(Lsn(2));
  const View second = store.pin(Visible::kCommitted);
  publish(store, 3, make_set(Lsn(2), 2, {{1, 'c'}}));
  store.commit(Lsn(3));
  store.unpin(second);
  EXPECT_EQ(first_byte(store, first, 1), 'a');
  EXPECT_EQ(first_byte(store, first, 2), 'a');
  store.unpin(first);
  EXPECT_EQ(store.versions(), 2u);
}

TEST(PageStore, OneWriterAtATimeAndOnlyOnTheNewestVersion) {
  PageStore store;
  const View old = store.pin(Visible::kPublished);
  ASSERT_EQ(store.reserve(old), Reserve::kGranted);
  EXPECT_EQ(store.reserve(old), Reserve::kBusy);
  ASSERT_TRUE(store.publish(Lsn(1), store.generation(), make_set(Lsn(0), 1, {{1, 'a'}})));
  EXPECT_EQ(store.reserve(old), Reserve::kOutdated);
  EXPECT_EQ(store.reserve(store.pin(Visible::kPublished)), Reserve::kGranted);
}

TEST(PageStore, RollbackDropsPublishedVersionsAndMakesTheirViewsStale) {
  PageStore store;
  publish(store, 1, make_set(Lsn(0), 1, {{1, 'a'}}));
  store.commit(Lsn(1));
  publish(store, 2, make_set(Lsn(1), 3, {{1, 'b'}, {3, 'b'}}));
  const View doomed = store.pin(Visible::kPublished);
  store.rollback(Lsn(1));
  EXPECT_EQ(first_byte(store, doomed, 1), '!');
  EXPECT_EQ(store.reserve(doomed), Reserve::kStale);
  store.unpin(doomed);
  EXPECT_EQ(store.published(), Lsn(1));
  EXPECT_EQ(store.versions(), 1u);
  const View now = store.pin(Visible::kPublished);
  EXPECT_EQ(store.page_count(now), 1u);
  EXPECT_EQ(first_byte(store, now, 1), 'a');
}

TEST(PageStore, RollbackToThePublishedPositionChangesNothing) {
  PageStore store;
  publish(store, 1, make_set(Lsn(0), 1, {{1, 'a'}}));
  const uint64_t generation = store.generation();
  store.rollback(Lsn(1));
  EXPECT_EQ(store.generation(), generation);
  EXPECT_EQ(store.published(), Lsn(1));
}

TEST(PageStore, ATruncatedPageComesBackAsZeros) {
  PageStore store;
  publish(store, 1, make_set(Lsn(0), 3, {{1, 'a'}, {2, 'a'}, {3, 'a'}}));
  store.commit(Lsn(1));
  publish(store, 2, make_set(Lsn(1), 1, {{1, 'b'}}));
  store.commit(Lsn(2));
  publish(store, 3, make_set(Lsn(2), 3, {{3, 'c'}}));
  store.commit(Lsn(3));
  const View view = store.pin(Visible::kCommitted);
  EXPECT_EQ(first_byte(store, view, 2), '\0');
  EXPECT_EQ(first_byte(store, view, 3), 'c');
}

TEST(PageStore, ACopyMadeFromChunksIsTheSame) {
  PageStore store, copy;
  publish(store, 7, make_set(Lsn(0), 5, {{1, 'a'}, {5, 'e'}}));
  store.commit(Lsn(7));
  publish(store, 8, make_set(Lsn(7), 5, {{1, 'x'}}));
  Lsn lsn, again;
  const auto chunks = store.save(lsn, 10'000);
  EXPECT_EQ(lsn, Lsn(7)) << "uncommitted versions stay out";
  EXPECT_EQ(chunks.size(), 3u);
  ASSERT_TRUE(copy.load(lsn, chunks).ok());
  EXPECT_EQ(copy.save(again, 10'000), chunks);
  EXPECT_EQ(again, lsn);
  ASSERT_TRUE(copy.load(Lsn(0), {}).ok());
  EXPECT_EQ(copy.page_count(copy.pin(Visible::kCommitted)), 1u);
}

TEST(PageStore, AnImageShowsOneMomentWhileCommitsGoOn) {
  PageStore store, copy;
  publish(store, 1, make_set(Lsn(0), 9, {{1, 'a'}, {5, 'e'}, {9, 'i'}}));
  store.commit(Lsn(1));
  ImageReader reader(store, 5000);  // one page per piece
  std::vector<std::string> pieces;
  uint64_t lsn = 1;
  for (auto piece = reader.next(); !piece->empty(); piece = reader.next()) {
    pieces.push_back(*piece);
    const Lsn base(lsn++);
    publish(store, lsn, make_set(base, lsn % 2 ? 9 : 4, {{1, 'x'}, {4, 'y'}}));
    store.commit(Lsn(lsn));
  }
  EXPECT_EQ(reader.lsn(), Lsn(1));
  ASSERT_EQ(pieces.size(), 9u);
  ASSERT_TRUE(copy.load(Lsn(1), pieces).ok());
  const View view = copy.pin(Visible::kCommitted);
  EXPECT_EQ(copy.page_count(view), 9u);
  EXPECT_EQ(first_byte(copy, view, 1), 'a');
  EXPECT_EQ(first_byte(copy, view, 5), 'e');
  EXPECT_EQ(first_byte(copy, view, 9), 'i');
}

TEST(PageStore, AnImageEndsWhenTheStoreIsReplaced) {
  PageStore store;
  publish(store, 1, make_set(Lsn(0), 3, {{1, 'a'}, {3, 'c'}}));
  store.commit(Lsn(1));
  ImageReader reader(store, 5000);
  ASSERT_TRUE(reader.next().ok());
  ASSERT_TRUE(store.load(Lsn(0), {}).ok());
  EXPECT_EQ(reader.next().error().code, Code::kConflict);
}

TEST(PageStore, BrokenChunksAreRefusedAndChangeNothing) {
  PageStore store, copy;
  publish(store, 7, make_set(Lsn(0), 5, {{1, 'a'}, {5, 'e'}}));
  store.commit(Lsn(7));
  Lsn lsn;
  const auto chunks = store.save(lsn, 10'000);
  auto missing = chunks;
  missing.pop_back();
  EXPECT_FALSE(copy.load(lsn, missing).ok());
  auto torn = chunks;
  torn[1].resize(100);
  EXPECT_FALSE(copy.load(lsn, torn).ok());
  EXPECT_FALSE(copy.load(Lsn(8), chunks).ok());
  EXPECT_EQ(copy.versions(), 1u);
}

class Zeros : public PageReader {
  void read_base(PageNo, Page& out) const override { out.fill(0); }
};

TEST(Delta, HoldsChangedBytesOnly) {
  WriteSet set = make_set(Lsn(41), 9, {{2, 0}, {9, 0}});
  (*set.pages[2])[100] = 1;
  (*set.pages[2])[103] = 2;
  (*set.pages[9])[4095] = 3;
  const std::string payload = encode_delta(set, Zeros());
  EXPECT_LE(payload.size(), 24u);
  const auto decoded = decode_delta(payload, Zeros(), 100);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->base, Lsn(41));
  EXPECT_EQ(decoded->page_count, 9u);
  EXPECT_EQ(*decoded->pages.at(2), *set.pages[2]);
  EXPECT_EQ(*decoded->pages.at(9), *set.pages[9]);
}

TEST(Delta, EveryTruncationAndEveryFlippedByteIsHandled) {
  WriteSet set = make_set(Lsn(3), 4, {{1, 0}, {4, 'x'}});
  (*set.pages[1])[24] = 7;
  const std::string payload = encode_delta(set, Zeros());
  for (size_t size = 0; size < payload.size(); size++) {
    EXPECT_FALSE(decode_delta(payload.substr(0, size), Zeros(), 100).ok()) << size;
  }
  for (size_t at = 0; at < 20; at++) {
    std::string broken = payload;
    broken[at] = static_cast<char>(broken[at] ^ 0xff);
    (void)decode_delta(broken, Zeros(), 100);  // an error or another set, never a crash
  }
  EXPECT_FALSE(decode_delta(payload, Zeros(), 3).ok()) << "beyond the page limit";
  EXPECT_FALSE(decode_delta(payload + "x", Zeros(), 100).ok());
}

}  // namespace
}  // namespace multiaz::dbnode::store
