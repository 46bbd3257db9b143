// A keyspace as a stream of bytes, cut into pieces, and back.
//
// Stream: "MAZC" version(1), then {length change}... with one put per entry (change.h), then length
// 0, the number of entries and the digest. A piece may end anywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/core/result.h"
#include "cachenode/keyspace/journal.h"
#include "cachenode/keyspace/keyspace.h"

namespace multiaz::cachenode {

// Gives the contents as they were when the reader was made, while changes go on: it walks the keys
// in hash order, and an entry that is about to change ahead of the walk is written down first. It
// costs nothing to make, and memory only for the keys that changed ahead of it.
class SnapshotReader : private Keyspace::Watcher {
 public:
  // Reads all contents. REQUIRES: the keyspace outlives the reader.
  SnapshotReader(Keyspace& keys, size_t piece_bytes_max);
  // Reads committed contents only. Null while an uncommitted change touches all keys.
  static std::unique_ptr<SnapshotReader> committed(Keyspace& keys, Journal& journal,
                                                   size_t piece_bytes_max);
  ~SnapshotReader() override;
  SnapshotReader(const SnapshotReader&) = delete;
  SnapshotReader& operator=(const SnapshotReader&) = delete;

  // The next piece; "" at the end. kConflict: all contents were flushed or replaced meanwhile.
  Result<std::string> next();

 private:
  struct Later {};
  struct KeyHash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
  };
  SnapshotReader(Keyspace& keys, size_t piece_bytes_max, Later);
  void before_change(std::string_view key) override;
  void replaced() override { replaced_ = true; }
  void keep(std::string_view key);
  void write(const Keyspace::Node& node);
  void read_on();
  void write_end();

  Keyspace& keys_;
  const size_t piece_bytes_max_;
  uint64_t cursor_ = 0;
  bool began_ = false;
  bool scanned_ = false;
  bool ended_ = false;
  bool replaced_ = false;
  // keys that were written ahead of the walk
  std::unordered_set<std::string, KeyHash, std::equal_to<>> kept_;
  uint64_t count_ = 0;
  uint64_t digest_ = 0;
  std::string out_;
  size_t at_ = 0;  // bytes given out so far
  std::string change_;
};

// Fills an empty keyspace, piece by piece. kCorrupt: the stream is cut off or does not match its
// own digest; the keyspace must then be thrown away.
class SnapshotLoader {
 public:
  explicit SnapshotLoader(Keyspace& into);
  Status add(std::string_view piece);
  Status finish();  // without any piece the keyspace stays empty

 private:
  Status take(std::string_view change);

  Keyspace& into_;
  std::string carry_;
  uint64_t digest_ = 0;
  bool any_ = false;
  bool begun_ = false;
  bool ended_ = false;
};

// Writes the whole keyspace at once.
std::vector<std::string> write_snapshot(Keyspace& keys, size_t piece_bytes_max);
Status read_snapshot(const std::vector<std::string>& pieces, Keyspace& into);

}  // namespace multiaz::cachenode
