// The part of MessagePack that our messages need, over msgpack-c. Its packer writes. Its parser,
// which has a stack of its own and is bounded here, reads a message once into a list of tokens.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace multiaz::wire::msgpack {

constexpr size_t kDepthMax = 16;  // arrays and maps within each other

// Each appends one item in its shortest form.
void write_bool(bool value, std::string& out);
void write_uint(uint64_t value, std::string& out);
void write_int(int64_t value, std::string& out);
// REQUIRES: at most 2^32 - 1 bytes, items or pairs.
void write_string(std::string_view text, std::string& out);
void write_array(size_t items, std::string& out);  // then the items
void write_map(size_t pairs, std::string& out);    // then key, value, key, value, ...

// Reads items one after the other. Each call returns false, and moves nowhere, when the next item
// is of another type or too big for the result, and when there is none. An item of the outermost
// level that is cut short, malformed or nested deeper than kDepthMax is none, and so is all that
// follows it.
class Reader {
 public:
  explicit Reader(std::string_view bytes);  // strings are views of `bytes`
  Reader(Reader&&) = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool read_bool(bool& value);
  bool read_uint(uint64_t& value);
  bool read_int(int64_t& value);
  bool read_string(std::string_view& text);
  // Then as many items, or keys and values, follow as the count says.
  bool read_array(size_t& items);
  bool read_map(size_t& pairs);
  // Passes over one item of any type with all that is in it.
  bool skip();
  // The same, and a reader of just this item, good for as long as this reader lives. It is done()
  // at once when there was no item.
  Reader take();
  // Every item has been read, and no bytes were left that are no item.
  [[nodiscard]] bool done() const { return left_.empty() && whole_; }

 private:
  enum class Kind : uint8_t { kBool, kUint, kNegative, kString, kArray, kMap, kOther };
  struct Token {
    Kind kind;
    uint64_t number;  // the value (two's complement), or how many bytes, items or pairs
    const char* text;
  };
  struct Visitor;
  explicit Reader(std::span<const Token> item) : left_(item), whole_(true) {}
  const Token* next(Kind kind) const;
  bool read_count(Kind kind, size_t& count);
  [[nodiscard]] size_t tokens_of_item() const;

  std::vector<Token> tokens_;  // empty in what take() returns
  std::span<const Token> left_;
  bool whole_ = false;
};

}  // namespace multiaz::wire::msgpack
