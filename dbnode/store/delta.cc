#include "dbnode/store/delta.h"

#include <cstring>
#include <memory>
#include <vector>

namespace multiaz::dbnode::store {
namespace {

// Two changed ranges nearer than this become one, because a range of its own costs about as many
// bytes.
constexpr size_t kRangeGapBytesMin = 4;

struct Range {
  size_t begin;
  size_t end;
};

void put_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

size_t first_difference(const Page& a, const Page& b, size_t at) {
  while (at + sizeof(uint64_t) <= kPageBytes) {
    uint64_t x, y;
    std::memcpy(&x, a.data() + at, sizeof x);
    std::memcpy(&y, b.data() + at, sizeof y);
    if (x != y) break;
    at += sizeof x;
  }
  while (at < kPageBytes && a[at] == b[at]) at++;
  return at;
}

std::vector<Range> changed_ranges(const Page& before, const Page& after) {
  std::vector<Range> out;
  size_t at = first_difference(before, after, 0);
  while (at < kPageBytes) {
    size_t end = at;
    while (end < kPageBytes && before[end] != after[end]) end++;
    if (!out.empty() && at - out.back().end < kRangeGapBytesMin) {
      out.back().end = end;
    } else {
      out.push_back(Range{at, end});
    }
    at = first_difference(before, after, end);
  }
  return out;
}

void put_page(std::string& out, const Page& before, const Page& after) {
  const std::vector<Range> ranges = changed_ranges(before, after);
  size_t bytes = 0;
  for (const Range& range : ranges) bytes += range.end - range.begin + kRangeGapBytesMin;
  // A page without ranges is stored whole, too, because an unchanged page must still exist.
  if (ranges.empty() || bytes >= kPageBytes) {
    put_varint(out, 0);
    out.append(reinterpret_cast<const char*>(after.data()), kPageBytes);
    return;
  }
  put_varint(out, ranges.size());
  size_t previous_end = 0;
  for (const Range& range : ranges) {
    put_varint(out, range.begin - previous_end);
    put_varint(out, range.end - range.begin);
    out.append(reinterpret_cast<const char*>(after.data()) + range.begin, range.end - range.begin);
    previous_end = range.end;
  }
}

// Reads from the front of a payload and keeps the first mistake.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  bool empty() const { return bytes_.empty(); }

  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) break;
      const uint8_t byte = static_cast<uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }

  void copy(uint8_t* out, size_t size) {
    if (size > bytes_.size()) {
      ok_ = false;
      return;
    }
    std::memcpy(out, bytes_.data(), size);
    bytes_.remove_prefix(size);
  }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

bool read_page(Input& in, Page& page) {
  const uint64_t ranges = in.varint();
  if (!in.ok() || ranges > kPageBytes) return false;
  if (ranges == 0) {
    in.copy(page.data(), kPageBytes);
    return in.ok();
  }
  size_t at = 0;
  for (uint64_t i = 0; i < ranges; i++) {
    const uint64_t gap = in.varint();
    const uint64_t length = in.varint();
    if (!in.ok() || gap > kPageBytes - at || length > kPageBytes - at - gap) return false;
    at += gap;
    in.copy(page.data() + at, length);
    at += length;
  }
  return in.ok();
}

}  // namespace

std::string encode_delta(const WriteSet& set, const PageReader& base) {
  std::string out;
  out.push_back(static_cast<char>(kDeltaFormat));
  put_varint(out, set.base.raw);
  put_varint(out, set.page_count);
  put_varint(out, set.pages.size());
  PageNo previous = 0;
  Page before;
  for (const auto& [number, page] : set.pages) {
    put_varint(out, number - previous);
    base.read_base(number, before);
    put_page(out, before, *page);
    previous = number;
  }
  return out;
}

Result<WriteSet> decode_delta(std::string_view payload, const PageReader& base,
                              PageNo page_count_max) {
  if (payload.empty() || static_cast<uint8_t>(payload[0]) != kDeltaFormat) {
    return Error(Code::kCorrupt, "not a page delta of a known format");
  }
  Input in(payload.substr(1));
  WriteSet set;
  set.base = Lsn(in.varint());
  const uint64_t page_count = in.varint();
  const uint64_t changed = in.varint();
  if (!in.ok() || page_count > page_count_max || changed > page_count) {
    return Error(Code::kCorrupt, "page delta with an impossible header");
  }
  set.page_count = static_cast<PageNo>(page_count);
  uint64_t number = 0;
  for (uint64_t i = 0; i < changed; i++) {
    const uint64_t step = in.varint();
    if (!in.ok() || step == 0 || step > page_count - number) {
      return Error(Code::kCorrupt, "page delta with page numbers out of order");
    }
    number += step;
    auto page = std::make_unique<Page>();
    base.read_base(static_cast<PageNo>(number), *page);
    if (!read_page(in, *page)) return Error(Code::kCorrupt, "page delta with a broken range");
    set.pages.emplace_hint(set.pages.end(), static_cast<PageNo>(number), std::move(page));
  }
  if (!in.empty()) return Error(Code::kCorrupt, "page delta with bytes after its end");
  return set;
}

}  // namespace multiaz::dbnode::store
