// Files and records that were cut, flipped or written by another program: whatever they hold,
// reading them ends with a result or an error.
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "cachenode/keyspace/change.h"
#include "cachenode/keyspace/keyspace.h"
#include "cachenode/keyspace/snapshot.h"
#include "dbnode/store/delta.h"
#include "dbnode/store/image.h"
#include "replication/log/format.h"
#include "replication/log/meta.h"
#include "replication/log/recover.h"
#include "replication/log/snapshot_file.h"

namespace {

using namespace multiaz;
using namespace multiaz::replication;

class MemoryFile : public File {
 public:
  Status write(uint64_t offset, std::string_view bytes) override {
    if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
    content.replace(offset, bytes.size(), bytes);
    return {};
  }
  Result<std::string> read(uint64_t offset, size_t bytes) override {
    return offset >= content.size() ? std::string() : content.substr(offset, bytes);
  }
  Result<uint64_t> size() override { return uint64_t{content.size()}; }
  Status sync() override { return {}; }
  Status truncate(uint64_t bytes) override {
    content.resize(bytes);
    return {};
  }
  Status allocate(uint64_t) override { return {}; }
  std::string content;
};

class MemoryStorage : public Storage {
 public:
  Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override {
    auto& file = files[path];
    if (!file && mode == OpenMode::kExisting) {
      files.erase(path);
      return Error(Code::kNotFound, path);
    }
    if (!file || mode == OpenMode::kCreate) file = std::make_shared<MemoryFile>();
    return std::shared_ptr<File>(file);
  }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    std::vector<std::string> out;
    for (const auto& [path, file] : files) {
      if (path.rfind(folder + "/", 0) == 0) out.push_back(path.substr(folder.size() + 1));
    }
    return out;
  }
  Status make_folder(const std::string&) override { return {}; }
  Status rename(const std::string& from, const std::string& to) override {
    files[to] = files[from];
    files.erase(from);
    return {};
  }
  Status remove(const std::string& path) override {
    files.erase(path);
    return {};
  }
  Status sync_folder(const std::string&) override { return {}; }
  Result<std::unique_ptr<FolderLock>> lock(const std::string&) override {
    return std::make_unique<FolderLock>();
  }
  std::map<std::string, std::shared_ptr<MemoryFile>> files;
};

// A good file that was cut or has a few bytes changed: `edits` has the places and values.
std::string damaged(std::string good, std::string_view edits) {
  while (edits.size() >= 3 && !good.empty()) {
    const size_t at =
        (static_cast<uint8_t>(edits[0]) << 8 | static_cast<uint8_t>(edits[1])) % good.size();
    if (edits[2] == 0) {
      good.resize(at);
    } else {
      good[at] = static_cast<char>(good[at] ^ edits[2]);
    }
    edits.remove_prefix(3);
  }
  return good;
}

void read_log(std::string_view edits) {
  MemoryStorage storage;
  std::string segment = segment_head(Lsn(1), kChainHashStart);
  uint64_t hash = kChainHashStart;
  for (uint64_t lsn = 1; lsn <= 5; lsn++) {
    Record record{Epoch(1), Lsn(lsn), 0, std::string(lsn * 30, 'x')};
    record.hash = chain_hash(hash, record.epoch, record.lsn, record.payload);
    hash = record.hash;
    write_record(record, Lsn(lsn - 1), segment);
  }
  auto file = std::make_shared<MemoryFile>();
  file->content = damaged(segment, edits);
  storage.files["d/" + numbered_name("log", Lsn(1))] = file;
  const auto log = recover_log(storage, "d");
  if (log && log->tail.raw > 5) abort();
  if (edits.empty() && (!log || log->tail.raw != 5)) abort();
}

void read_snapshot_file(std::string_view edits) {
  MemoryStorage storage;
  StoredSnapshot snapshot;
  snapshot.mark.lsn = Lsn(9);
  snapshot.chunks = {std::string(100, 'a'), "", std::string(300, 'b')};
  if (!write_snapshot(storage, "d", snapshot)) abort();
  for (auto& [path, file] : storage.files) file->content = damaged(file->content, edits);
  const auto read = replication::read_snapshot(storage, "d", Lsn(9));
  if (edits.empty() && !read) abort();
  if (read && read->chunks != snapshot.chunks) abort();
  (void)read_snapshot_mark(storage, "d", Lsn(9));
}

class NoPages : public dbnode::store::PageReader {
 public:
  void read_base(dbnode::store::PageNo, dbnode::store::Page& out) const override { out.fill(7); }
};

void read_pages(std::string_view bytes) {
  (void)dbnode::store::decode_delta(bytes, NoPages(), 1000);
  dbnode::store::PageStore store(uint64_t{4} << 20);
  dbnode::store::ImageLoader loader(store, Lsn(3));
  const size_t half = bytes.size() / 2;
  if (loader.add(bytes.substr(0, half)) && loader.add(bytes.substr(half))) (void)loader.finish();
}

void read_cache(std::string_view bytes) {
  cachenode::Keyspace keys(1);
  cachenode::SnapshotLoader loader(keys);
  const size_t half = bytes.size() / 2;
  if (loader.add(bytes.substr(0, half)) && loader.add(bytes.substr(half))) (void)loader.finish();
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const size_t before = rest.size();
    if (!cachenode::decode_change(rest, 1)) break;
    if (rest.size() >= before) abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0: read_log(bytes); break;
    case 1: read_snapshot_file(bytes); break;
    case 2: read_pages(bytes); break;
    case 3: read_cache(bytes); break;
    default: (void)decode_meta(bytes);
  }
  return 0;
}
