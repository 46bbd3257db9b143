#include "base/wire/control.h"

#include <sodium.h>

#include <array>
#include <limits>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/wire/bytes.h"
#include "base/wire/control_fields.h"
#include "base/wire/hash.h"
#include "base/wire/msgpack.h"

namespace multiaz::wire {
namespace {

using msgpack::Reader;

// Counts the fields of a message: the size of its map.
struct Counter {
  size_t fields = 0;
  template <typename T>
  void operator()(std::string_view, const T&) {
    ++fields;
  }
};

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  template <typename T>
  void operator()(std::string_view key, const T& value) {
    msgpack::write_string(key, out_);
    write(value);
  }
  template <typename Struct>
  requires std::is_class_v<Struct>
  void write(const Struct& value) {
    Counter counter;
    describe(value, counter);
    msgpack::write_map(counter.fields, out_);
    describe(value, *this);
  }
  void write(const std::string& value) { msgpack::write_string(value, out_); }
  void write(bool value) { msgpack::write_bool(value, out_); }
  void write(uint64_t value) { msgpack::write_uint(value, out_); }
  void write(uint16_t value) { msgpack::write_uint(value, out_); }
  void write(int64_t value) { msgpack::write_int(value, out_); }
  template <typename T>
  void write(const std::vector<T>& values) {
    msgpack::write_array(values.size(), out_);
    for (const auto& value : values) write(value);
  }
  template <typename T>
  void write(const std::map<std::string, T>& values) {
    msgpack::write_map(values.size(), out_);
    for (const auto& [key, value] : values) (*this)(key, value);
  }

 private:
  std::string& out_;
};

// Fills a struct from a map. The first mistake is kept and names its place.
class Filler {
 public:
  explicit Filler(std::string_view what) : what_(what) {}

  // Takes the map's keys with their unread values; a key that comes twice is a mistake.
  bool open(Reader& reader) {
    size_t pairs = 0;
    if (!reader.read_map(pairs)) return fail("is not a map");
    for (size_t i = 0; i < pairs; ++i) {
      std::string_view key;
      if (!reader.read_string(key)) return fail("has a key that is not a string");
      if (!values_.emplace(key, reader.take()).second) return fail("has a key twice");
    }
    return true;
  }

  template <typename T>
  void operator()(std::string_view key, T& value) {
    if (error_) return;
    const auto found = values_.find(key);
    if (found == values_.end()) {
      fail("key '" + std::string(key) + "' is missing");
      return;
    }
    if (!read(found->second, value) && !error_) fail("key '" + std::string(key) + "' has another type");
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  bool fail(std::string_view why) {
    if (!error_) error_ = Error(Code::kInvalid, what_ + ": " + std::string(why));
    return false;
  }

  static bool read(Reader& reader, bool& value) { return reader.read_bool(value); }
  static bool read(Reader& reader, uint64_t& value) { return reader.read_uint(value); }
  static bool read(Reader& reader, int64_t& value) { return reader.read_int(value); }
  static bool read(Reader& reader, uint16_t& value) {
    uint64_t wide = 0;
    if (!reader.read_uint(wide) || wide > std::numeric_limits<uint16_t>::max()) return false;
    value = static_cast<uint16_t>(wide);
    return true;
  }
  static bool read(Reader& reader, std::string& value) {
    std::string_view text;
    if (!reader.read_string(text)) return false;
    value = text;
    return true;
  }
  template <typename T>
  bool read(Reader& reader, std::vector<T>& values) {
    size_t items = 0;
    if (!reader.read_array(items)) return false;
    for (size_t i = 0; i < items; ++i)
      if (!read(reader, values.emplace_back())) return false;
    return true;
  }
  template <typename T>
  bool read(Reader& reader, std::map<std::string, T>& values) {
    size_t pairs = 0;
    if (!reader.read_map(pairs)) return false;
    for (size_t i = 0; i < pairs; ++i) {
      std::string_view key;
      if (!reader.read_string(key) || !read(reader, values[std::string(key)])) return false;
    }
    return true;
  }
  template <typename Struct>
  requires std::is_class_v<Struct>
  bool read(Reader& reader, Struct& value) {
    Filler inner(what_);
    if (inner.open(reader)) describe(value, inner);
    if (!inner.error_) return true;
    error_ = inner.error_;
    return false;
  }

  std::string what_;
  std::map<std::string_view, Reader> values_;
  std::optional<Error> error_;
};

template <typename Message>
Result<ControlMessage> fill(std::string_view name, Reader& reader) {
  Message message;
  Filler filler(name);
  if (filler.open(reader)) describe(message, filler);
  if (filler.error()) return *filler.error();
  if (!reader.done()) return Error(Code::kInvalid, std::string(name) + ": bytes after the end");
  return ControlMessage(std::move(message));
}

// One fill<> for each alternative, in the order of kControlNames.
template <size_t... I>
constexpr auto make_fillers(std::index_sequence<I...>) {
  using Fill = Result<ControlMessage> (*)(std::string_view, Reader&);
  return std::array<Fill, sizeof...(I)>{
      fill<std::variant_alternative_t<I, ControlMessage::variant>>...};
}
constexpr auto kFillers =
    make_fillers(std::make_index_sequence<std::variant_size_v<ControlMessage::variant>>());

void hash_part(crypto_generichash_state& state, std::string_view part) {
  std::string length;
  put_big(part.size(), 8, length);
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(length.data()),
                            length.size());
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()),
                            part.size());
}

}  // namespace

std::string_view name_of(const ControlMessage& message) {
  return kControlNames[message.index()];
}

std::string encode(const ControlMessage& message) {
  std::string out;
  msgpack::write_array(2, out);
  msgpack::write_string(name_of(message), out);
  Writer writer(out);
  std::visit([&](const auto& m) { writer.write(m); }, message);
  return out;
}

Result<ControlMessage> decode_control(std::string_view payload) {
  if (payload.size() > kControlBytesMax) return Error(Code::kLimit, "control message is too long");
  Reader reader(payload);
  size_t items = 0;
  std::string_view name;
  if (!reader.read_array(items) || items != 2 || !reader.read_string(name))
    return Error(Code::kInvalid, "control message is not [name, {...}]");
  for (size_t i = 0; i < kFillers.size(); ++i)
    if (kControlNames[i] == name) return kFillers[i](name, reader);
  return Error(Code::kInvalid, "unknown control message '" + std::string(name.substr(0, 64)) + "'");
}

Result<std::string> membership_proof(std::string_view key_hex, std::string_view label,
                                     std::string_view nonce_a, std::string_view nonce_b,
                                     std::string_view id) {
  std::array<unsigned char, 32> key;
  size_t key_bytes = 0;
  const bool hex = sodium_hex2bin(key.data(), key.size(), key_hex.data(), key_hex.size(), nullptr,
                                  &key_bytes, nullptr) == 0;
  if (!hex || key_hex.size() != 2 * key.size() || key_bytes != key.size())
    return Error(Code::kInvalid, "the cluster key is not 64 hex digits");
  crypto_generichash_state state;
  crypto_generichash_init(&state, key.data(), key.size(), crypto_generichash_BYTES);
  for (const auto part : {label, nonce_a, nonce_b, id}) hash_part(state, part);
  std::array<unsigned char, crypto_generichash_BYTES> hash;
  crypto_generichash_final(&state, hash.data(), hash.size());
  return to_hex({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

bool same_proof(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace multiaz::wire
