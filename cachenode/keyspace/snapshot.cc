#include "cachenode/keyspace/snapshot.h"

#include <string_view>
#include <utility>

#include "base/core/check.h"
#include "cachenode/keyspace/varint.h"

namespace multiaz::cachenode {

namespace {

constexpr std::string_view kMagic = "MAZC\x01";
constexpr size_t kLengthBytesMax = 10;  // of a varint

class ChunkWriter {
 public:
  explicit ChunkWriter(size_t bytes_max) : bytes_max_(bytes_max) { CHECK(bytes_max > 0); }
  void add(std::string_view bytes) {
    while (!bytes.empty()) {
      if (chunks_.empty() || chunks_.back().size() == bytes_max_) chunks_.emplace_back();
      std::string& chunk = chunks_.back();
      const std::string_view part = bytes.substr(0, bytes_max_ - chunk.size());
      chunk.append(part);
      bytes.remove_prefix(part.size());
    }
  }
  std::vector<std::string> finish() { return std::move(chunks_); }

 private:
  size_t bytes_max_;
  std::vector<std::string> chunks_;
};

class Reader {
 public:
  explicit Reader(Keyspace& into) : into_(into) {}

  // Takes what is complete off the front of the stream so far.
  Status feed(std::string_view chunk) {
    carry_.append(chunk);
    std::string_view rest = carry_;
    if (!begun_) {
      if (rest.size() < kMagic.size()) return Status();
      if (!rest.starts_with(kMagic)) return Error(Code::kCorrupt, "snapshot: unknown format");
      rest.remove_prefix(kMagic.size());
      begun_ = true;
    }
    while (!ended_) {
      std::string_view ahead = rest;
      const auto length = take_varint(ahead);
      if (!length && rest.size() >= kLengthBytesMax)
        return Error(Code::kCorrupt, "snapshot: length");
      if (!length || *length > ahead.size()) break;
      rest = ahead;
      const std::string_view change = rest.substr(0, *length);
      if (*length == 0) {
        ended_ = true;
        break;
      }
      rest.remove_prefix(*length);
      const Status taken = take(change);
      if (!taken) return taken;
    }
    carry_.erase(0, carry_.size() - rest.size());
    return Status();
  }

  Status finish() const {
    std::string_view rest = carry_;
    const auto count = ended_ ? take_varint(rest) : std::nullopt;
    const auto digest = count ? take_varint(rest) : std::nullopt;
    if (!digest || !rest.empty()) return Error(Code::kCorrupt, "snapshot: cut off");
    if (*count != into_.size() || *digest != into_.digest()) {
      return Error(Code::kCorrupt, "snapshot: contents do not match the digest");
    }
    return Status();
  }

 private:
  Status take(std::string_view bytes) {
    Result<Change> change = decode_change(bytes, into_.seed());
    if (!change) return change.error();
    if (!bytes.empty() || !std::holds_alternative<EntryChange>(*change) ||
        !into_.exchange(*change)) {
      return Error(Code::kCorrupt, "snapshot: not an entry");
    }
    return Status();
  }

  Keyspace& into_;
  std::string carry_;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace

std::vector<std::string> write_snapshot(const Keyspace& keys, size_t chunk_bytes_max) {
  ChunkWriter writer(chunk_bytes_max);
  writer.add(kMagic);
  std::string change, length;
  keys.for_each([&](const Keyspace::Node& node) {
    change.clear();
    length.clear();
    encode_entry(node.key(), node.value, change);
    put_varint(length, change.size());
    writer.add(length);
    writer.add(change);
  });
  std::string end;
  put_varint(end, 0);
  put_varint(end, keys.size());
  put_varint(end, keys.digest());
  writer.add(end);
  return writer.finish();
}

Status read_snapshot(const std::vector<std::string>& chunks, Keyspace& into) {
  CHECK(into.size() == 0);
  if (chunks.empty()) return Status();
  Reader reader(into);
  for (const std::string& chunk : chunks) {
    const Status fed = reader.feed(chunk);
    if (!fed) return fed;
  }
  return reader.finish();
}

}  // namespace multiaz::cachenode
