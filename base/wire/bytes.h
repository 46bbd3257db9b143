// Big-endian integers in strings, as binary protocols write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace multiaz::wire {

// Appends the low `width` bytes of value.
inline void put_big(uint64_t value, size_t width, std::string& out) {
  for (size_t i = width; i-- > 0;) out += static_cast<char>(value >> (8 * i));
}

// REQUIRES: at + width <= out.size().
inline void set_big(uint64_t value, size_t width, size_t at, std::string& out) {
  for (size_t i = 0; i < width; ++i)
    out[at + i] = static_cast<char>(value >> (8 * (width - 1 - i)));
}

// REQUIRES: at + width <= in.size().
inline uint64_t get_big(std::string_view in, size_t at, size_t width) {
  uint64_t value = 0;
  for (size_t i = 0; i < width; ++i) value = value << 8 | static_cast<unsigned char>(in[at + i]);
  return value;
}

// Reads from the front of a message. After the first mistake (reading past the end) everything
// reads as zero or empty, so one look at ok() at the end is enough.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}
  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint16_t u16() { return static_cast<uint16_t>(number(2)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  int16_t i16() { return static_cast<int16_t>(u16()); }
  int32_t i32() { return static_cast<int32_t>(u32()); }
  std::string_view take(size_t count) {
    if (count > left()) return failed();
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }
  // Reads up to the next NUL byte and passes over it.
  std::string_view c_string() {
    const size_t end = ok_ ? bytes_.find('\0', at_) : std::string_view::npos;
    if (end == std::string_view::npos) return failed();
    const auto text = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return text;
  }
  std::string_view take_rest() { return take(left()); }
  void fail() { failed(); }
  [[nodiscard]] size_t left() const { return bytes_.size() - at_; }
  [[nodiscard]] size_t at() const { return at_; }
  [[nodiscard]] bool ok() const { return ok_; }
  // Whether there was no mistake and every byte was read.
  [[nodiscard]] bool done() const { return ok_ && left() == 0; }

 private:
  uint64_t number(size_t width) {
    if (width > left()) {
      failed();
      return 0;
    }
    at_ += width;
    return get_big(bytes_, at_ - width, width);
  }
  std::string_view failed() {
    ok_ = false;
    at_ = bytes_.size();
    return {};
  }
  std::string_view bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace multiaz::wire
