// The part of MessagePack that our messages need. Written out because the reader must not recurse
// as deep as a peer likes: bytes arrive here before the peer has proven anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace multiaz::wire::msgpack {

constexpr int kDepthMax = 16;

// Each appends one item in its shortest form.
void write_bool(bool value, std::string& out);
void write_uint(uint64_t value, std::string& out);
void write_int(int64_t value, std::string& out);
void write_string(std::string_view text, std::string& out);
void write_array(size_t items, std::string& out);  // then the items
void write_map(size_t pairs, std::string& out);    // then key, value, key, value, ...

// Reads from the front. Each call returns false, and moves nowhere, when the next item is of
// another type, too big for the result, or cut short.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool read_bool(bool& value);
  bool read_uint(uint64_t& value);
  bool read_int(int64_t& value);
  bool read_string(std::string_view& text);
  // The counts never exceed the bytes that are left: loops over them end.
  bool read_array(size_t& items);
  bool read_map(size_t& pairs);
  // Passes over one item of any type. False: malformed, or nested deeper than kDepthMax.
  bool skip();
  [[nodiscard]] bool done() const { return at_ == bytes_.size(); }
  // What has not been read.
  [[nodiscard]] std::string_view rest() const { return bytes_.substr(at_); }

 private:
  struct Item;
  // The next item's header; false when it is cut short or unknown.
  bool peek(Item& item) const;
  bool read_container(bool map, size_t& count);
  bool skip_item(int depth);

  std::string_view bytes_;
  size_t at_ = 0;
};

}  // namespace multiaz::wire::msgpack
