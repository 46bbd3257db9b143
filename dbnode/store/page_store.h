// A multi-version store of database pages; a version's number is the lsn of the record that made
// it. Two positions move over the versions:
//
//      committed          published
//   ...----|--------|--------|        readers pin `committed`, the writer pins `published`
//
// A transaction is published as soon as its record is appended (the next writer goes on from it)
// and becomes visible to readers when the group has committed it. A version goes away when no pin
// can reach it.
//
// Thread-safe: SQL threads read and reserve while the loop thread publishes and commits.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/core/result.h"
#include "dbnode/store/page.h"

namespace multiaz::dbnode::store {

constexpr uint64_t kStoreBytesMaxDefault = 256ull << 20;
constexpr uint64_t kStoreBytesMaxLimit = 1ull << 30;  // SQLite leaves a hole at 1 GiB

// A pinned snapshot. It is stale once the store was rolled back or replaced (generation moved on):
// its pages could then not be told from others with the same change counter, so reads fail.
struct View {
  Lsn lsn;
  uint64_t generation = 0;
};

enum class Visible { kCommitted, kPublished };
enum class Reserve { kGranted, kBusy, kOutdated, kStale };

class PageStore {
 public:
  // The store grows to `bytes_max` of current page versions. REQUIRES: bytes_max <=
  // kStoreBytesMaxLimit.
  explicit PageStore(uint64_t bytes_max = kStoreBytesMaxDefault);

  // Every pin() needs one unpin().
  View pin(Visible which);
  void unpin(const View& view);
  // False when the view is stale. A page that does not exist reads as zeros.
  bool read(const View& view, PageNo page, Page& out) const;
  bool read_part(const View& view, PageNo page, size_t offset, size_t size, void* out) const;
  PageNo page_count(const View& view) const;

  // Reserves the store for the one writer: granted when it is free and `view` is the newest
  // published version.
  Reserve reserve(const View& view);
  void release();

  // Makes a reserved transaction the newest version and releases the reservation. False (and
  // nothing happens but the release) when the store was rolled back or replaced since.
  // REQUIRES: lsn > published.
  bool publish(Lsn lsn, uint64_t generation, WriteSet set);
  // Marks everything up to `lsn` as committed; it may run ahead of publish().
  void commit(Lsn lsn);

  // A replica's step: decodes, publishes and commits one record. kCorrupt when the payload is
  // broken or builds on another version than this store's newest.
  Status apply(Lsn lsn, std::string_view payload);
  // Drops what was published after `lsn`. REQUIRES: lsn >= committed.
  void rollback(Lsn lsn);

  // Reads all pages as of `committed` in chunks of at most `chunk_bytes_max`, and loads them. For
  // one piece at a time see image.h.
  std::vector<std::string> save(Lsn& lsn, size_t chunk_bytes_max);
  Status load(Lsn lsn, const std::vector<std::string>& chunks);

  Lsn published() const;
  Lsn committed() const;
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  PageNo page_count_max() const { return page_count_max_; }
  // Number of page images in memory, old versions included.
  size_t versions() const;

 private:
  friend class ImageLoader;
  struct Version {
    uint64_t lsn;
    PagePtr bytes;  // null when this version truncated the page away
  };
  struct Retired {  // only pins in [from, until) still need version `from` of the page
    PageNo page;
    uint64_t from;
    uint64_t until;
  };
  struct Pin {
    uint32_t holders = 0;
    std::vector<Retired> keeps;
  };
  struct Change {  // published, but not committed yet
    uint64_t lsn;
    std::vector<PageNo> pages;
  };
  class Newest;  // a PageReader over the newest published version; the caller holds the lock

  const Page* find(uint64_t lsn, PageNo page) const;
  PageNo count_at(uint64_t lsn) const;
  void make_empty();
  void publish_locked(uint64_t lsn, WriteSet set);
  void truncate_locked(uint64_t lsn, PageNo count, std::vector<PageNo>& pages);
  void advance_locked();
  void retire(const Retired& retired);
  void drop_version(PageNo page, uint64_t lsn);
  void forget_pins();

  const PageNo page_count_max_;
  mutable std::shared_mutex mutex_;
  std::vector<std::vector<Version>> chains_;  // [page - 1], ascending lsn
  std::map<uint64_t, PageNo> counts_;         // page count from this lsn on; never 0
  std::map<uint64_t, Pin> pins_;
  std::deque<Change> changes_;
  uint64_t published_ = 0;
  uint64_t committed_ = 0;
  uint64_t commit_target_ = 0;
  std::atomic<uint64_t> generation_{1};
  size_t versions_ = 0;
  bool reserved_ = false;
};

}  // namespace multiaz::dbnode::store
