#include "cachenode/keyspace/snapshot.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "base/core/check.h"
#include "cachenode/keyspace/varint.h"

namespace multiaz::cachenode {

namespace {

constexpr std::string_view kMagic = "MAZC\x01";
constexpr size_t kLengthBytesMax = 10;     // longest varint
constexpr size_t kBucketsAtOnce = 16'384;  // so that a sparse table does not cost a long walk
// bytes already given out that stay in front of the others
constexpr size_t kGivenBytesMax = 1u << 20;

}  // namespace

// --- reading a keyspace ---

SnapshotReader::SnapshotReader(Keyspace& keys, size_t piece_bytes_max, Later)
    : keys_(keys), piece_bytes_max_(piece_bytes_max) {
  CHECK(piece_bytes_max > 0);
  out_ = kMagic;
}

SnapshotReader::SnapshotReader(Keyspace& keys, size_t piece_bytes_max)
    : SnapshotReader(keys, piece_bytes_max, Later()) {
  keys_.watch(*this);
}

std::unique_ptr<SnapshotReader> SnapshotReader::committed(Keyspace& keys, Journal& journal,
                                                          size_t piece_bytes_max) {
  std::vector<std::string> uncommitted;
  const auto note = [&](std::string_view key) { uncommitted.emplace_back(key); };
  if (!journal.uncommitted_keys(note)) return nullptr;
  std::unique_ptr<SnapshotReader> out(new SnapshotReader(keys, piece_bytes_max, Later()));
  journal.without_uncommitted([&] {
    for (const std::string& key : uncommitted) out->keep(key);
  });
  keys.watch(*out);
  return out;
}

SnapshotReader::~SnapshotReader() {
  keys_.unwatch(*this);
}

void SnapshotReader::before_change(std::string_view key) {
  if (scanned_ || (began_ && keys_.passed(key, cursor_))) return;
  keep(key);
}

void SnapshotReader::keep(std::string_view key) {
  if (!kept_.emplace(key).second) return;
  if (const Keyspace::Node* node = keys_.node(key)) write(*node);
}

void SnapshotReader::write(const Keyspace::Node& node) {
  change_.clear();
  encode_entry(node.key(), node.value, change_);
  put_varint(out_, change_.size());
  out_ += change_;
  ++count_;
  digest_ += Keyspace::digest(node.key(), node.value);
}

Result<std::string> SnapshotReader::next() {
  if (replaced_ && !scanned_) return Error(Code::kConflict, "everything was replaced meanwhile");
  read_on();
  const size_t bytes = std::min(piece_bytes_max_, out_.size() - at_);
  std::string piece = out_.substr(at_, bytes);
  at_ += bytes;
  if (at_ == out_.size() || at_ > kGivenBytesMax) {
    out_.erase(0, at_);
    at_ = 0;
  }
  return piece;
}

void SnapshotReader::read_on() {
  size_t buckets = 0;
  while (!ended_ && out_.size() - at_ < piece_bytes_max_) {
    if (scanned_) return write_end();
    if (++buckets > kBucketsAtOnce && out_.size() > at_) return;
    cursor_ = keys_.scan(cursor_, [this](const Keyspace::Node& node) {
      if (kept_.empty() || !kept_.contains(node.key())) write(node);
    });
    began_ = true;
    scanned_ = cursor_ == 0;
  }
}

void SnapshotReader::write_end() {
  put_varint(out_, 0);
  put_varint(out_, count_);
  put_varint(out_, digest_);
  ended_ = true;
}

// --- writing a keyspace ---

SnapshotLoader::SnapshotLoader(Keyspace& into) : into_(into) {
  CHECK(into.size() == 0);
}

// Takes complete items off the front of the stream so far.
Status SnapshotLoader::add(std::string_view piece) {
  any_ = true;
  carry_.append(piece);
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
    if (!length && rest.size() >= kLengthBytesMax) {
      return Error(Code::kCorrupt, "snapshot: length");
    }
    if (!length || *length > ahead.size()) break;
    rest = ahead;
    const std::string_view change = rest.substr(0, *length);
    if (*length == 0) {
      ended_ = true;
      break;
    }
    rest.remove_prefix(*length);
    if (Status taken = take(change); !taken) return taken;
  }
  carry_.erase(0, carry_.size() - rest.size());
  return Status();
}

Status SnapshotLoader::take(std::string_view bytes) {
  Result<Change> change = decode_change(bytes, into_.seed());
  if (!change) return change.error();
  const auto* put = std::get_if<EntryChange>(&*change);
  if (!bytes.empty() || !put || !put->entry) {
    return Error(Code::kCorrupt, "snapshot: not an entry");
  }
  digest_ += Keyspace::digest(put->key, *put->entry);
  if (!into_.exchange(*change)) return Error(Code::kCorrupt, "snapshot: not an entry");
  return Status();
}

Status SnapshotLoader::finish() {
  if (!any_) return Status();
  std::string_view rest = carry_;
  const auto count = ended_ ? take_varint(rest) : std::nullopt;
  const auto digest = count ? take_varint(rest) : std::nullopt;
  if (!digest || !rest.empty()) return Error(Code::kCorrupt, "snapshot: cut off");
  if (*count != into_.size() || *digest != digest_) {
    return Error(Code::kCorrupt, "snapshot: contents do not match the digest");
  }
  return Status();
}

// --- the whole keyspace at once ---

std::vector<std::string> write_snapshot(Keyspace& keys, size_t piece_bytes_max) {
  SnapshotReader reader(keys, piece_bytes_max);
  std::vector<std::string> out;
  while (true) {
    auto piece = reader.next();
    CHECK(piece.ok());  // nothing changes in between
    if (piece->empty()) return out;
    out.push_back(std::move(*piece));
  }
}

Status read_snapshot(const std::vector<std::string>& pieces, Keyspace& into) {
  SnapshotLoader loader(into);
  for (const std::string& piece : pieces) {
    if (Status added = loader.add(piece); !added) return added;
  }
  return loader.finish();
}

}  // namespace multiaz::cachenode
