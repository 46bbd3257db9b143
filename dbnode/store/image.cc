// PageStore::save and load: the whole store as chunks, for a member that starts from nothing.
//   chunk: u32 format | u64 lsn | u32 page count | u32 first page | whole pages, in order
#include <algorithm>
#include <cstring>
#include <mutex>

#include "dbnode/store/page_store.h"

namespace multiaz::dbnode::store {
namespace {

constexpr uint32_t kImageFormat = 0x6d7a7031;  // "mzp1"

struct ChunkHead {
  uint32_t format;
  uint32_t page_count;
  uint64_t lsn;
  uint32_t first_page;
  uint32_t reserved;
};
static_assert(sizeof(ChunkHead) == 24);

}  // namespace

std::vector<std::string> PageStore::save(Lsn& lsn, size_t chunk_bytes_max) const {
  CHECK(chunk_bytes_max >= sizeof(ChunkHead) + kPageBytes);
  std::shared_lock<std::shared_mutex> lock(mutex_);
  lsn = Lsn(committed_);
  const PageNo count = count_at(committed_);
  const PageNo pages_per_chunk =
      static_cast<PageNo>((chunk_bytes_max - sizeof(ChunkHead)) / kPageBytes);
  static constexpr Page kZeros{};
  std::vector<std::string> out;
  for (PageNo first = 1; first <= count; first += pages_per_chunk) {
    const PageNo end = std::min(count + 1, first + pages_per_chunk);
    const ChunkHead head{kImageFormat, count, committed_, first, 0};
    std::string chunk(reinterpret_cast<const char*>(&head), sizeof head);
    chunk.reserve(sizeof head + (end - first) * kPageBytes);
    for (PageNo page = first; page < end; page++) {
      const Page* found = find(committed_, page);
      chunk.append(reinterpret_cast<const char*>((found ? *found : kZeros).data()), kPageBytes);
    }
    out.push_back(std::move(chunk));
  }
  return out;
}

Status PageStore::load(Lsn lsn, const std::vector<std::string>& chunks) {
  std::vector<std::vector<Version>> chains;
  PageNo count = 0;
  for (const std::string& chunk : chunks) {
    ChunkHead head;
    if (chunk.size() < sizeof head) return Error(Code::kCorrupt, "snapshot chunk too short");
    std::memcpy(&head, chunk.data(), sizeof head);
    const size_t bytes = chunk.size() - sizeof head;
    count = head.page_count;
    if (head.format != kImageFormat || head.lsn != lsn.raw || bytes % kPageBytes != 0 ||
        head.first_page != chains.size() + 1 || bytes / kPageBytes > count - chains.size()) {
      return Error(Code::kCorrupt, "snapshot chunk does not fit its place");
    }
    for (size_t at = sizeof head; at < chunk.size(); at += kPageBytes) {
      auto page = std::make_unique<Page>();
      std::memcpy(page->data(), chunk.data() + at, kPageBytes);
      chains.emplace_back().push_back(Version{lsn.raw, std::move(page)});
    }
  }
  if (chains.size() != count) return Error(Code::kCorrupt, "snapshot with missing pages");
  if (count == 0 && lsn.raw != 0) return Error(Code::kCorrupt, "snapshot without pages");

  std::unique_lock<std::shared_mutex> lock(mutex_);
  generation_.fetch_add(1, std::memory_order_acq_rel);
  pins_.clear();
  changes_.clear();
  make_empty();
  if (count > 0) {
    chains_ = std::move(chains);
    versions_ = chains_.size();
    counts_[0] = count;
  }
  published_ = committed_ = commit_target_ = lsn.raw;
  return {};
}

}  // namespace multiaz::dbnode::store
