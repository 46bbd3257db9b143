// The record payload of one transaction: only the bytes that changed. SQLite changes a page by a
// few dozen bytes at a time (a row, a pointer, the change counter on page 1), so a record is
// usually a hundredth of its page images.
//
//   u8 format | varint base lsn | varint page count | varint number of pages
//   page:  varint number step from the previous page | varint ranges (0 = the whole page follows)
//   range: varint gap from the end of the previous range | varint length | bytes
#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"
#include "dbnode/store/page.h"

namespace multiaz::dbnode::store {

constexpr uint8_t kDeltaFormat = 1;

std::string encode_delta(const WriteSet& set, const PageReader& base);

// Decodes the set; pages are read through `base`. kCorrupt when the payload breaks the format. A
// page count above `page_count_max` is refused before memory is allocated for it.
Result<WriteSet> decode_delta(std::string_view payload, const PageReader& base,
                              PageNo page_count_max);

}  // namespace multiaz::dbnode::store
