// A database page, and the set of pages one transaction changed.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>

#include "base/core/ids.h"

namespace multiaz::dbnode::store {

constexpr size_t kPageBytes = 4096;
using Page = std::array<uint8_t, kPageBytes>;
using PagePtr = std::unique_ptr<Page>;
using PageNo = uint32_t;  // as in SQLite: the first page is 1

// Page 1 of a database without tables, with which every store begins. (A file without pages would
// not do, because SQLite's cache cannot tell "empty again" from a version that it saw before.)
const Page& first_page();

// The changes of one transaction to version `base`. A page beyond the base's page count starts as
// zeros, whatever an earlier, truncated page of that number held.
struct WriteSet {
  Lsn base;
  PageNo page_count = 0;  // number of pages after the transaction
  std::map<PageNo, PagePtr> pages;
};

// Reads a page of the set's base version; zeros when it does not exist there.
class PageReader {
 public:
  virtual ~PageReader() = default;
  virtual void read_base(PageNo page, Page& out) const = 0;
};

}  // namespace multiaz::dbnode::store
