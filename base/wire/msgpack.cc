#include "base/wire/msgpack.h"

#include <limits>

#include "base/core/check.h"
#include "base/wire/bytes.h"

namespace multiaz::wire::msgpack {
namespace {

enum class Kind { kNil, kBool, kUint, kInt, kFloat, kString, kBytes, kArray, kMap };

// The types with a byte of their own, from 0xc0 on. `width`: bytes of the number or length that
// follows; `extra`: bytes behind a length that belong to it as well (the type of an extension).
struct Format {
  Kind kind;
  uint8_t width;
  uint8_t extra = 0;
};
constexpr Format kFormats[32] = {
    {Kind::kNil, 0},      {Kind::kNil, 0},      {Kind::kBool, 0},   {Kind::kBool, 0},
    {Kind::kBytes, 1},    {Kind::kBytes, 2},    {Kind::kBytes, 4},  {Kind::kBytes, 1, 1},
    {Kind::kBytes, 2, 1}, {Kind::kBytes, 4, 1}, {Kind::kFloat, 4},  {Kind::kFloat, 8},
    {Kind::kUint, 1},     {Kind::kUint, 2},     {Kind::kUint, 4},   {Kind::kUint, 8},
    {Kind::kInt, 1},      {Kind::kInt, 2},      {Kind::kInt, 4},    {Kind::kInt, 8},
    {Kind::kFloat, 2},    {Kind::kFloat, 3},    {Kind::kFloat, 5},  {Kind::kFloat, 9},
    {Kind::kFloat, 17},   {Kind::kString, 1},   {Kind::kString, 2}, {Kind::kString, 4},
    {Kind::kArray, 2},    {Kind::kArray, 4},    {Kind::kMap, 2},    {Kind::kMap, 4},
};  // kFloat also stands for fixext: bytes that are only ever skipped
constexpr uint8_t kNeverUsed = 0xc1;

uint64_t sign_extend(uint64_t value, size_t width) {
  const size_t shift = 64 - 8 * width;
  return static_cast<uint64_t>(static_cast<int64_t>(value << shift) >> shift);
}

void write_header(uint8_t code, uint64_t value, size_t width, std::string& out) {
  out += static_cast<char>(code);
  put_big(value, width, out);
}

}  // namespace

struct Reader::Item {
  Kind kind = Kind::kNil;
  uint64_t number = 0;  // value, length or count; of kInt as two's complement
  size_t header = 1;    // bytes up to the payload
};

bool Reader::peek(Item& item) const {
  if (done()) return false;
  const auto code = static_cast<uint8_t>(bytes_[at_]);
  if (code < 0x80) {
    item = {Kind::kUint, code};
  } else if (code < 0x90) {
    item = {Kind::kMap, code & 0x0fU};
  } else if (code < 0xa0) {
    item = {Kind::kArray, code & 0x0fU};
  } else if (code < 0xc0) {
    item = {Kind::kString, code & 0x1fU};
  } else if (code >= 0xe0) {
    item = {Kind::kInt, sign_extend(code, 1)};
  } else {
    const auto& format = kFormats[code - 0xc0];
    if (code == kNeverUsed || bytes_.size() - at_ < 1U + format.width + format.extra) return false;
    item.kind = format.kind;
    item.header = 1 + format.width + format.extra;
    item.number = 0;
    if (format.kind == Kind::kBool) item.number = code & 1U;
    if (format.kind != Kind::kFloat) {
      if (format.width > 0) item.number = get_big(bytes_, at_ + 1, format.width);
      if (format.kind == Kind::kInt) item.number = sign_extend(item.number, format.width);
    }
  }
  const size_t left = bytes_.size() - at_ - item.header;
  const bool sized = item.kind == Kind::kString || item.kind == Kind::kBytes;
  const bool counted = item.kind == Kind::kArray || item.kind == Kind::kMap;
  if ((sized || counted) && item.number > left) return false;
  return item.kind != Kind::kMap || item.number * 2 <= left;
}

bool Reader::read_bool(bool& value) {
  Item item;
  if (!peek(item) || item.kind != Kind::kBool) return false;
  value = item.number != 0;
  at_ += item.header;
  return true;
}

bool Reader::read_uint(uint64_t& value) {
  Item item;
  if (!peek(item)) return false;
  const bool positive = item.kind == Kind::kInt && static_cast<int64_t>(item.number) >= 0;
  if (item.kind != Kind::kUint && !positive) return false;
  value = item.number;
  at_ += item.header;
  return true;
}

bool Reader::read_int(int64_t& value) {
  Item item;
  if (!peek(item)) return false;
  constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (item.kind != Kind::kInt && (item.kind != Kind::kUint || item.number > kMax)) return false;
  value = static_cast<int64_t>(item.number);
  at_ += item.header;
  return true;
}

bool Reader::read_string(std::string_view& text) {
  Item item;
  if (!peek(item) || item.kind != Kind::kString) return false;
  text = bytes_.substr(at_ + item.header, item.number);
  at_ += item.header + item.number;
  return true;
}

bool Reader::read_container(bool map, size_t& count) {
  Item item;
  if (!peek(item) || item.kind != (map ? Kind::kMap : Kind::kArray)) return false;
  count = item.number;
  at_ += item.header;
  return true;
}

bool Reader::read_array(size_t& items) {
  return read_container(false, items);
}
bool Reader::read_map(size_t& pairs) {
  return read_container(true, pairs);
}

bool Reader::skip() {
  const size_t start = at_;
  if (skip_item(0)) return true;
  at_ = start;
  return false;
}

bool Reader::skip_item(int depth) {
  Item item;
  if (depth > kDepthMax || !peek(item)) return false;
  at_ += item.header;
  if (item.kind == Kind::kString || item.kind == Kind::kBytes) at_ += item.number;
  if (item.kind != Kind::kArray && item.kind != Kind::kMap) return true;
  const size_t items = item.number * (item.kind == Kind::kMap ? 2 : 1);
  for (size_t i = 0; i < items; ++i)
    if (!skip_item(depth + 1)) return false;
  return true;
}

void write_bool(bool value, std::string& out) {
  out += value ? '\xc3' : '\xc2';
}

void write_uint(uint64_t value, std::string& out) {
  if (value < 0x80) {
    out += static_cast<char>(value);
  } else if (value <= 0xff) {
    write_header(0xcc, value, 1, out);
  } else if (value <= 0xffff) {
    write_header(0xcd, value, 2, out);
  } else if (value <= 0xffffffff) {
    write_header(0xce, value, 4, out);
  } else {
    write_header(0xcf, value, 8, out);
  }
}

void write_int(int64_t value, std::string& out) {
  if (value >= 0) return write_uint(static_cast<uint64_t>(value), out);
  const auto bits = static_cast<uint64_t>(value);
  if (value >= -32) {
    out += static_cast<char>(bits);
  } else if (value >= std::numeric_limits<int8_t>::min()) {
    write_header(0xd0, bits, 1, out);
  } else if (value >= std::numeric_limits<int16_t>::min()) {
    write_header(0xd1, bits, 2, out);
  } else if (value >= std::numeric_limits<int32_t>::min()) {
    write_header(0xd2, bits, 4, out);
  } else {
    write_header(0xd3, bits, 8, out);
  }
}

void write_string(std::string_view text, std::string& out) {
  CHECK(text.size() <= 0xffffffff);
  if (text.size() < 32) {
    out += static_cast<char>(0xa0 + text.size());
  } else if (text.size() <= 0xff) {
    write_header(0xd9, text.size(), 1, out);
  } else if (text.size() <= 0xffff) {
    write_header(0xda, text.size(), 2, out);
  } else {
    write_header(0xdb, text.size(), 4, out);
  }
  out += text;
}

void write_array(size_t items, std::string& out) {
  CHECK(items <= 0xffffffff);
  if (items < 16) {
    out += static_cast<char>(0x90 + items);
  } else if (items <= 0xffff) {
    write_header(0xdc, items, 2, out);
  } else {
    write_header(0xdd, items, 4, out);
  }
}

void write_map(size_t pairs, std::string& out) {
  CHECK(pairs <= 0xffffffff);
  if (pairs < 16) {
    out += static_cast<char>(0x80 + pairs);
  } else if (pairs <= 0xffff) {
    write_header(0xde, pairs, 2, out);
  } else {
    write_header(0xdf, pairs, 4, out);
  }
}

}  // namespace multiaz::wire::msgpack
