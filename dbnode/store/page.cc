#include "dbnode/store/page.h"

#include <cstring>

namespace multiaz::dbnode::store {
namespace {

void put_u16(Page& page, size_t at, uint16_t value) {
  page[at] = static_cast<uint8_t>(value >> 8);
  page[at + 1] = static_cast<uint8_t>(value);
}

void put_u32(Page& page, size_t at, uint32_t value) {
  put_u16(page, at, static_cast<uint16_t>(value >> 16));
  put_u16(page, at + 2, static_cast<uint16_t>(value));
}

// SQLite's file format, sections 1.3 (header) and 1.6 (b-tree page).
Page make_first_page() {
  Page page{};
  std::memcpy(page.data(), "SQLite format 3", 16);
  put_u16(page, 16, kPageBytes);
  page[18] = page[19] = 1;                  // rollback journal
  page[21] = 64, page[22] = page[23] = 32;  // payload fractions: fixed
  put_u32(page, 28, 1);                     // page count
  put_u32(page, 44, 4);                     // schema format
  put_u32(page, 56, 1);                     // UTF-8
  put_u32(page, 96, 3'040'001);             // written by SQLite 3.40.1
  page[100] = 13;                           // the schema table: an empty leaf
  put_u16(page, 105, kPageBytes);           // start of its cells: the end of the page
  return page;
}

}  // namespace

const Page& first_page() {
  static const Page page = make_first_page();
  return page;
}

}  // namespace multiaz::dbnode::store
