#include "replication/log/snapshot_file.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

#include "replication/log/format.h"

namespace multiaz::replication {

namespace {

constexpr uint64_t kMagic = 0x31304e534d5a4d02;
constexpr uint64_t kHistoryMax = 1u << 20;
constexpr uint64_t kChunksMax = 1u << 24;
// Gigabytes of unwritten pages would delay every writer of the disk when they are written at last,
// and a long write would delay every sync of a log. Small steps leave room for others in between.
constexpr uint64_t kBytesBetweenSyncs = 1u << 20;
constexpr std::chrono::milliseconds kPauseBetweenSyncs(20);

// The head has this fixed part; then come history pairs, then (length, check, bytes) for each
// chunk.
struct Head {
  uint64_t magic = kMagic;
  uint64_t lsn = 0;
  uint64_t hash = 0;
  uint64_t epochs = 0;
  uint64_t chunks = 0;
  uint64_t check = 0;  // of the fields above and the history
};

struct ChunkHead {
  uint64_t length = 0;
  uint64_t check = 0;
};

template <typename T>
void append_raw(const T& value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string history_bytes(const History& history) {
  std::string out;
  for (const EpochStart& start : history) {
    append_raw(start.epoch.raw, out);
    append_raw(start.first.raw, out);
  }
  return out;
}

uint64_t head_check(const Head& head, std::string_view history) {
  return checksum(history, checksum({reinterpret_cast<const char*>(&head), offsetof(Head, check)}));
}

struct Opened {
  std::shared_ptr<File> file;
  std::string path;
  Mark mark;
  uint64_t chunks = 0;
  uint64_t at = 0;  // where the chunks begin
};

Result<Opened> open_snapshot(Storage& storage, const std::string& folder, Lsn lsn) {
  Opened out;
  out.path = folder + "/" + numbered_name("snapshot", lsn);
  auto file = storage.open(out.path, OpenMode::kExisting);
  if (!file) return file.error();
  out.file = *file;
  const auto raw = out.file->read(0, sizeof(Head));
  if (!raw) return raw.error();
  Head head;
  if (raw->size() < sizeof head) return corrupt_at(out.path, 0, "too short");
  std::memcpy(&head, raw->data(), sizeof head);
  if (head.magic != kMagic || head.epochs > kHistoryMax || head.chunks > kChunksMax) {
    return corrupt_at(out.path, 0, "the head is damaged");
  }
  const auto history = out.file->read(sizeof head, head.epochs * 16);
  if (!history) return history.error();
  if (history->size() != head.epochs * 16 || head_check(head, *history) != head.check) {
    return corrupt_at(out.path, 0, "the head's checksum is wrong");
  }
  for (size_t i = 0; i < head.epochs; ++i) {
    EpochStart start;
    std::memcpy(&start.epoch.raw, history->data() + 16 * i, 8);
    std::memcpy(&start.first.raw, history->data() + 16 * i + 8, 8);
    out.mark.history.push_back(start);
  }
  out.mark.lsn = Lsn(head.lsn);
  out.mark.hash = head.hash;
  out.chunks = head.chunks;
  out.at = sizeof head + head.epochs * 16;
  return out;
}

}  // namespace

uint64_t StoredSnapshot::bytes() const {
  uint64_t sum = 0;
  for (const std::string& chunk : chunks) sum += chunk.size();
  return sum;
}

Status write_snapshot(Storage& storage, const std::string& folder, const StoredSnapshot& snapshot) {
  const std::string path = folder + "/" + numbered_name("snapshot", snapshot.mark.lsn);
  const std::string draft = path + ".tmp";
  auto file = storage.open(draft, OpenMode::kCreate);
  if (!file) return file.error();
  const std::string history = history_bytes(snapshot.mark.history);
  Head head;
  head.lsn = snapshot.mark.lsn.raw;
  head.hash = snapshot.mark.hash;
  head.epochs = snapshot.mark.history.size();
  head.chunks = snapshot.chunks.size();
  head.check = head_check(head, history);
  std::string bytes;
  append_raw(head, bytes);
  bytes += history;
  uint64_t at = 0, synced = 0;
  for (const std::string& chunk : snapshot.chunks) {
    ChunkHead about;
    about.length = chunk.size();
    about.check = checksum(chunk, at + bytes.size());
    append_raw(about, bytes);
    bytes += chunk;
    if (Status done = (*file)->write(at, bytes); !done) return done;
    at += bytes.size();
    bytes.clear();
    if (at < synced + kBytesBetweenSyncs) continue;
    synced = at;
    if (Status done = (*file)->sync(); !done) return done;
    std::this_thread::sleep_for(kPauseBetweenSyncs);
  }
  if (Status done = (*file)->write(at, bytes); !done) return done;
  if (Status done = (*file)->sync(); !done) return done;
  if (Status done = storage.rename(draft, path); !done) return done;
  return storage.sync_folder(folder);
}

Result<StoredSnapshot> read_snapshot(Storage& storage, const std::string& folder, Lsn lsn) {
  auto opened = open_snapshot(storage, folder, lsn);
  if (!opened) return opened.error();
  StoredSnapshot out;
  out.mark = std::move(opened->mark);
  uint64_t at = opened->at;
  for (uint64_t i = 0; i < opened->chunks; ++i) {
    ChunkHead about;
    const auto raw = opened->file->read(at, sizeof about);
    if (!raw) return raw.error();
    if (raw->size() < sizeof about) return corrupt_at(opened->path, at, "the end is missing");
    std::memcpy(&about, raw->data(), sizeof about);
    if (about.length > kSnapshotFileChunkBytesMax) return corrupt_at(opened->path, at, "damaged");
    auto bytes = opened->file->read(at + sizeof about, about.length);
    if (!bytes) return bytes.error();
    if (bytes->size() != about.length || checksum(*bytes, at) != about.check) {
      return corrupt_at(opened->path, at, "a chunk is damaged");
    }
    at += sizeof about + about.length;
    out.chunks.push_back(std::move(*bytes));
  }
  return out;
}

Result<Mark> read_snapshot_mark(Storage& storage, const std::string& folder, Lsn lsn) {
  auto opened = open_snapshot(storage, folder, lsn);
  if (!opened) return opened.error();
  return std::move(opened->mark);
}

}  // namespace multiaz::replication
