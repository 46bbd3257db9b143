#include "dbnode/store/image.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>

namespace multiaz::dbnode::store {
namespace {

constexpr uint32_t kImageFormat = 0x6d7a7031;  // "mzp1"

struct PieceHead {
  uint32_t format;
  uint32_t page_count;
  uint64_t lsn;
  uint32_t first_page;
  uint32_t reserved;
};
static_assert(sizeof(PieceHead) == 24);

}  // namespace

ImageReader::ImageReader(PageStore& store, size_t piece_bytes_max)
    : store_(store),
      view_(store.pin(Visible::kCommitted)),
      count_(store.page_count(view_)),
      pages_per_piece_(static_cast<PageNo>((piece_bytes_max - sizeof(PieceHead)) / kPageBytes)) {
  CHECK(piece_bytes_max >= sizeof(PieceHead) + kPageBytes);
}

ImageReader::~ImageReader() {
  store_.unpin(view_);
}

Result<std::string> ImageReader::next() {
  if (next_ > count_) return std::string();
  const PageNo end = std::min(count_ + 1, next_ + pages_per_piece_);
  const PieceHead head{kImageFormat, count_, view_.lsn.raw, next_, 0};
  std::string piece(sizeof head + (end - next_) * kPageBytes, '\0');
  std::memcpy(piece.data(), &head, sizeof head);
  char* at = piece.data() + sizeof head;
  for (; next_ < end; next_++, at += kPageBytes) {
    if (!store_.read_part(view_, next_, 0, kPageBytes, at)) {
      return Error(Code::kConflict, "the database was replaced meanwhile");
    }
  }
  return piece;
}

Status ImageLoader::add(std::string_view piece) {
  PieceHead head;
  if (piece.size() < sizeof head) return Error(Code::kCorrupt, "snapshot piece too short");
  std::memcpy(&head, piece.data(), sizeof head);
  const size_t bytes = piece.size() - sizeof head;
  count_ = head.page_count;
  if (head.format != kImageFormat || head.lsn != lsn_.raw || bytes % kPageBytes != 0 ||
      head.first_page != chains_.size() + 1 || chains_.size() > count_ ||
      bytes / kPageBytes > count_ - chains_.size()) {
    return Error(Code::kCorrupt, "snapshot piece does not fit its place");
  }
  for (size_t at = sizeof head; at < piece.size(); at += kPageBytes) {
    auto page = std::make_unique<Page>();
    std::memcpy(page->data(), piece.data() + at, kPageBytes);
    chains_.emplace_back().push_back(PageStore::Version{lsn_.raw, std::move(page)});
  }
  return {};
}

Status ImageLoader::finish() {
  if (chains_.size() != count_) return Error(Code::kCorrupt, "snapshot with missing pages");
  if (count_ == 0 && lsn_.raw != 0) return Error(Code::kCorrupt, "snapshot without pages");
  std::unique_lock<std::shared_mutex> lock(store_.mutex_);
  store_.generation_.fetch_add(1, std::memory_order_acq_rel);
  store_.pins_.clear();
  store_.changes_.clear();
  store_.make_empty();
  if (count_ > 0) {
    store_.chains_ = std::move(chains_);
    store_.versions_ = store_.chains_.size();
    store_.counts_[0] = count_;
  }
  store_.published_ = store_.committed_ = store_.commit_target_ = lsn_.raw;
  return {};
}

std::vector<std::string> PageStore::save(Lsn& lsn, size_t chunk_bytes_max) {
  ImageReader reader(*this, chunk_bytes_max);
  lsn = reader.lsn();
  std::vector<std::string> out;
  while (true) {
    auto piece = reader.next();
    CHECK(piece.ok());  // nothing changes in between
    if (piece->empty()) return out;
    out.push_back(std::move(*piece));
  }
}

Status PageStore::load(Lsn lsn, const std::vector<std::string>& chunks) {
  ImageLoader loader(*this, lsn);
  for (const std::string& chunk : chunks) {
    if (Status added = loader.add(chunk); !added) return added;
  }
  return loader.finish();
}

}  // namespace multiaz::dbnode::store
