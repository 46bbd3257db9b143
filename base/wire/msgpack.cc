#include "base/wire/msgpack.h"

#include <limits>
#include <msgpack/null_visitor.hpp>
#include <msgpack/pack.hpp>
#include <msgpack/parse.hpp>
#include <msgpack/unpack.hpp>

#include "base/core/check.h"

namespace multiaz::wire::msgpack {

namespace library = ::msgpack;

namespace {

constexpr uint64_t kCountMax = std::numeric_limits<uint32_t>::max();

struct Appender {
  std::string& out;
  void write(const char* bytes, size_t size) { out.append(bytes, size); }
};

template <typename Write>
void append(std::string& out, Write write) {
  Appender appender{out};
  library::packer<Appender> packer(appender);
  write(packer);
}

}  // namespace

// Notes each item as a token, and stops the parser where a peer asks for more than it may.
struct Reader::Visitor : library::null_visitor {
  Visitor(std::vector<Token>& all, size_t most) : tokens(all), count_max(most) {}
  bool note(Kind kind, uint64_t number, const char* text = nullptr) {
    tokens.push_back({kind, number, text});
    return true;
  }
  bool visit_nil() { return note(Kind::kOther, 0); }
  bool visit_boolean(bool value) { return note(Kind::kBool, value ? 1 : 0); }
  bool visit_positive_integer(uint64_t value) { return note(Kind::kUint, value); }
  bool visit_negative_integer(int64_t value) {
    // The parser says this of every item of a signed format, also of the positive ones.
    return note(value < 0 ? Kind::kNegative : Kind::kUint, static_cast<uint64_t>(value));
  }
  bool visit_float32(float) { return note(Kind::kOther, 0); }
  bool visit_float64(double) { return note(Kind::kOther, 0); }
  bool visit_str(const char* text, uint32_t size) { return note(Kind::kString, size, text); }
  bool visit_bin(const char*, uint32_t) { return note(Kind::kOther, 0); }
  bool visit_ext(const char*, uint32_t) { return note(Kind::kOther, 0); }
  bool start_array(uint32_t items) { return open(Kind::kArray, items); }
  bool start_map(uint32_t pairs) { return open(Kind::kMap, pairs); }
  bool end_array() { return close(); }
  bool end_map() { return close(); }
  bool open(Kind kind, uint32_t count) {
    return ++depth <= kDepthMax && count <= count_max && note(kind, count);
  }
  bool close() {
    --depth;
    return true;
  }

  std::vector<Token>& tokens;
  size_t count_max;
  size_t depth = 0;
};

Reader::Reader(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    const size_t before = tokens_.size();
    size_t end = at;
    Visitor visitor(tokens_, bytes.size());
    if (!library::parse(bytes.data(), bytes.size(), end, visitor)) {
      tokens_.resize(before);
      break;
    }
    at = end;
  }
  left_ = tokens_;
  whole_ = at == bytes.size();
}

const Reader::Token* Reader::next(Kind kind) const {
  return !left_.empty() && left_.front().kind == kind ? &left_.front() : nullptr;
}

bool Reader::read_bool(bool& value) {
  const Token* token = next(Kind::kBool);
  if (token == nullptr) return false;
  value = token->number != 0;
  left_ = left_.subspan(1);
  return true;
}

bool Reader::read_uint(uint64_t& value) {
  const Token* token = next(Kind::kUint);
  if (token == nullptr) return false;
  value = token->number;
  left_ = left_.subspan(1);
  return true;
}

bool Reader::read_int(int64_t& value) {
  constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  const Token* token = next(Kind::kNegative);
  if (token == nullptr) token = next(Kind::kUint);
  if (token == nullptr || (token->kind == Kind::kUint && token->number > kMax)) return false;
  value = static_cast<int64_t>(token->number);
  left_ = left_.subspan(1);
  return true;
}

bool Reader::read_string(std::string_view& text) {
  const Token* token = next(Kind::kString);
  if (token == nullptr) return false;
  text = {token->text, token->number};
  left_ = left_.subspan(1);
  return true;
}

bool Reader::read_count(Kind kind, size_t& count) {
  const Token* token = next(kind);
  if (token == nullptr) return false;
  count = token->number;
  left_ = left_.subspan(1);
  return true;
}

bool Reader::read_array(size_t& items) {
  return read_count(Kind::kArray, items);
}
bool Reader::read_map(size_t& pairs) {
  return read_count(Kind::kMap, pairs);
}

size_t Reader::tokens_of_item() const {
  size_t at = 0;
  for (uint64_t due = left_.empty() ? 0 : 1; due > 0; --due, ++at) {
    CHECK(at < left_.size());  // only whole items were kept
    if (left_[at].kind == Kind::kArray) due += left_[at].number;
    if (left_[at].kind == Kind::kMap) due += 2 * left_[at].number;
  }
  return at;
}

bool Reader::skip() {
  const size_t tokens = tokens_of_item();
  left_ = left_.subspan(tokens);
  return tokens > 0;
}

Reader Reader::take() {
  const size_t tokens = tokens_of_item();
  Reader item(left_.first(tokens));
  left_ = left_.subspan(tokens);
  return item;
}

void write_bool(bool value, std::string& out) {
  append(out, [&](auto& packer) { value ? packer.pack_true() : packer.pack_false(); });
}

void write_uint(uint64_t value, std::string& out) {
  append(out, [&](auto& packer) { packer.pack_uint64(value); });
}

void write_int(int64_t value, std::string& out) {
  append(out, [&](auto& packer) { packer.pack_int64(value); });
}

void write_string(std::string_view text, std::string& out) {
  CHECK(text.size() <= kCountMax);
  const auto size = static_cast<uint32_t>(text.size());
  append(out, [&](auto& packer) { packer.pack_str(size).pack_str_body(text.data(), size); });
}

void write_array(size_t items, std::string& out) {
  CHECK(items <= kCountMax);
  append(out, [&](auto& packer) { packer.pack_array(static_cast<uint32_t>(items)); });
}

void write_map(size_t pairs, std::string& out) {
  CHECK(pairs <= kCountMax);
  append(out, [&](auto& packer) { packer.pack_map(static_cast<uint32_t>(pairs)); });
}

}  // namespace multiaz::wire::msgpack
