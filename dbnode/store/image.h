// A page store as pieces, and back: for a member that starts from nothing.
//   piece: u32 format | u32 page count | u64 lsn | u32 first page | u32 0 | whole pages, in order
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbnode/store/page_store.h"

namespace multiaz::dbnode::store {

// Pins what is committed when the reader is made; the store goes on meanwhile.
class ImageReader {
 public:
  // REQUIRES: a piece holds at least one page; the store outlives the reader.
  ImageReader(PageStore& store, size_t piece_bytes_max);
  ~ImageReader();
  ImageReader(const ImageReader&) = delete;
  ImageReader& operator=(const ImageReader&) = delete;

  Lsn lsn() const { return view_.lsn; }
  // The next piece; "" at the end. kConflict: the store was rolled back or replaced meanwhile.
  Result<std::string> next();

 private:
  PageStore& store_;
  const View view_;
  const PageNo count_;
  const PageNo pages_per_piece_;
  PageNo next_ = 1;
};

// Collects pieces; the store changes only at finish(). kCorrupt when they are not one whole image.
class ImageLoader {
 public:
  ImageLoader(PageStore& store, Lsn lsn) : store_(store), lsn_(lsn) {}
  Status add(std::string_view piece);
  Status finish();  // without any piece the store is empty, which is right at lsn 0 only

 private:
  PageStore& store_;
  const Lsn lsn_;
  std::vector<std::vector<PageStore::Version>> chains_;
  PageNo count_ = 0;
};

}  // namespace multiaz::dbnode::store
