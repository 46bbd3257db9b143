#include "replication/log/log_open.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/core/random.h"
#include "replication/log/format.h"
#include "replication/log/segment_reader.h"
#include "replication/log/snapshot_file.h"

namespace multiaz::replication {

namespace {

bool ends_with_tmp(const std::string& name) {
  return name.size() > 4 && name.compare(name.size() - 4, 4, ".tmp") == 0;
}

Status open_meta(const LogOptions& options, Storage& storage, const std::vector<std::string>& names,
                 OpenedFolder& out) {
  const std::string path = options.folder + "/meta";
  const auto text = read_whole_file(storage, path);
  if (text) {
    auto meta = decode_meta(*text);
    if (!meta) return Error(Code::kCorrupt, path + ": " + meta.error().detail);
    out.meta = std::move(*meta);
    out.fresh = false;
    return Status();
  }
  if (text.error().code != Code::kNotFound) return text.error();
  for (const std::string& name : names) {
    if (number_of("log", name) || number_of("snapshot", name)) {
      return Error(Code::kCorrupt, path + ": missing, although there is " + name);
    }
  }
  out.meta.incarnation = fresh_incarnation();
  return write_whole_file(storage, options.folder, "meta", encode_meta(out.meta));
}

Result<std::vector<Mark>> read_marks(const LogOptions& options, Storage& storage,
                                     const std::vector<std::string>& names) {
  std::vector<Mark> marks;
  for (const std::string& name : names) {
    const auto lsn = number_of("snapshot", name);
    if (!lsn) continue;
    auto mark = read_snapshot_mark(storage, options.folder, *lsn);
    if (!mark) return mark.error();
    marks.push_back(std::move(*mark));
  }
  return marks;
}

// The hash of the record at lsn, if the log holds that record.
Result<std::optional<uint64_t>> hash_at(const RecoveredLog& log, Lsn lsn) {
  if (log.segments.empty() || lsn < log.segments.front().before() || lsn > log.tail)
    return std::optional<uint64_t>();
  if (lsn == log.tail) return std::optional(log.tail_hash);
  const auto slice = read_job(log.segments, next(lsn), next(lsn), 0)();
  if (!slice) return slice.error();
  return std::optional(slice->prev_hash);
}

// A snapshot belongs to the log when the log holds its record. If the newest one does not, it was
// installed just before a crash, or it outlived an unsynced log: the log is void then.
Status choose_base(const LogOptions& options, Storage& storage, const std::vector<Mark>& marks,
                   OpenedFolder& out) {
  std::deque<Segment>& segments = out.log.segments;
  std::vector<Mark>& fitting = out.snapshots;
  for (const Mark& mark : marks) {
    const auto hash = hash_at(out.log, mark.lsn);
    if (!hash) return hash.error();
    if (*hash == mark.hash) fitting.push_back(mark);
  }
  const Lsn before = segments.empty() ? Lsn() : segments.front().before();
  if (marks.empty()) {
    if (before > Lsn())
      return Error(Code::kCorrupt, fmt::format("{}: the snapshot of records 1..{} is missing",
                                               options.folder, before.raw));
  } else if (fitting.empty() || fitting.back().lsn != marks.back().lsn) {
    if (before > marks.back().lsn)
      return Error(Code::kCorrupt, fmt::format("{}: records {}..{} are missing", options.folder,
                                               marks.back().lsn.raw + 1, before.raw));
    fitting.assign(1, marks.back());
    for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
      if (Status done = storage.remove(segment->path); !done) return done;
    }
    out.log = RecoveredLog();
  }
  for (const Mark& mark : marks) {
    if (std::any_of(fitting.begin(), fitting.end(),
                    [&](const Mark& other) { return other.lsn == mark.lsn; }))
      continue;
    const std::string path = options.folder + "/" + numbered_name("snapshot", mark.lsn);
    if (Status done = storage.remove(path); !done) return done;
  }
  return storage.sync_folder(options.folder);
}

// At level disk everything in the log counts as durable from here on. The earlier segments were
// synced before the last one was begun. In the last one, a failed sync of the process before may
// have left pages that are only in memory and look clean, so it is written again.
Status make_certain(const LogOptions& options, Storage& storage, RecoveredLog& log) {
  if (log.segments.empty()) return Status();
  Segment& last = log.segments.back();
  const auto bytes = last.file->read(0, last.end);
  if (!bytes) return bytes.error();
  const std::string name = last.path.substr(options.folder.size() + 1);
  if (Status done = write_whole_file(storage, options.folder, name, *bytes); !done) return done;
  auto file = storage.open(last.path, OpenMode::kExisting);
  if (!file) return file.error();
  last.file = *file;
  return last.file->allocate(options.segment_bytes);
}

}  // namespace

Incarnation fresh_incarnation() {
  return Incarnation(secret_hex(16));
}

Result<OpenedFolder> open_folder(const LogOptions& options, Storage& storage) {
  OpenedFolder out;
  const std::string& folder = options.folder;
  if (Status done = storage.make_folder(folder); !done) return done.error();
  auto lock = storage.lock(folder + "/lock");
  if (!lock) return lock.error();
  out.lock = std::move(*lock);
  const auto names = storage.list(folder);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (!ends_with_tmp(name)) continue;
    if (Status done = storage.remove(folder + "/" + name); !done) return done.error();
  }
  if (Status done = open_meta(options, storage, *names, out); !done) return done.error();
  const auto marks = read_marks(options, storage, *names);
  if (!marks) return marks.error();
  auto found = recover_log(storage, folder);
  if (!found) return found.error();
  out.log = std::move(*found);
  if (Status done = choose_base(options, storage, *marks, out); !done) return done.error();
  if (options.durability == Durability::kDisk) {
    if (Status done = make_certain(options, storage, out.log); !done) return done.error();
  }
  return out;
}

}  // namespace multiaz::replication
