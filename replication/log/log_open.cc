// What survived: lock, metadata, snapshots, segments, and how they fit together.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/core/random.h"
#include "replication/log/format.h"
#include "replication/log/log.h"

namespace multiaz::replication {

namespace {

Incarnation fresh_incarnation() {
  return Incarnation(secret_hex(16));
}

bool ends_with_tmp(const std::string& name) {
  return name.size() > 4 && name.compare(name.size() - 4, 4, ".tmp") == 0;
}

}  // namespace

Result<std::unique_ptr<Log>> Log::open(LogOptions options) {
  std::unique_ptr<Log> log(new Log(std::move(options)));
  if (!log->in_files()) {
    log->meta_.incarnation = fresh_incarnation();
    return log;
  }
  if (Status done = log->open_folder(); !done) return done.error();
  WorkerOptions writer;
  writer.name = "log";
  writer.wake = log->options_.wake;
  writer.believe_second_sync = log->options_.believe_second_sync;
  WorkerOptions helper;
  helper.name = "log-snapshots";
  helper.wake = log->options_.wake;
  helper.first_failure_is_final = false;
  log->writer_ = std::make_unique<Worker>(std::move(writer));
  log->helper_ = std::make_unique<Worker>(std::move(helper));
  return log;
}

Status Log::open_folder() {
  const std::string& folder = options_.folder;
  if (Status done = storage_.make_folder(folder); !done) return done;
  auto lock = storage_.lock(folder + "/lock");
  if (!lock) return lock.error();
  lock_ = std::move(*lock);
  const auto names = storage_.list(folder);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (!ends_with_tmp(name)) continue;
    if (Status done = storage_.remove(folder + "/" + name); !done) return done;
  }
  if (Status done = open_meta(*names); !done) return done;
  std::vector<Mark> marks;
  for (const std::string& name : *names) {
    const auto lsn = number_of("snapshot", name);
    if (!lsn) continue;
    auto mark = read_snapshot_mark(storage_, folder, *lsn);
    if (!mark) return mark.error();
    marks.push_back(std::move(*mark));
  }
  auto found = recover_log(storage_, folder);
  if (!found) return found.error();
  if (Status done = choose_base(*found, std::move(marks)); !done) return done;
  take_over(std::move(*found));
  return options_.durability == Durability::kDisk ? make_certain() : Status();
}

// At level disk everything in the log counts as durable from here on. The segments before the last
// were synced before it was begun. Of the last one a failed sync of the process before may have
// left pages that are only in memory and look clean: they are written again.
Status Log::make_certain() {
  if (segments_.empty()) return Status();
  Segment& last = segments_.back();
  const auto bytes = last.file->read(0, last.end);
  if (!bytes) return bytes.error();
  const std::string name = last.path.substr(options_.folder.size() + 1);
  if (Status done = write_whole_file(storage_, options_.folder, name, *bytes); !done) return done;
  auto file = storage_.open(last.path, OpenMode::kExisting);
  if (!file) return file.error();
  last.file = *file;
  return last.file->allocate(options_.segment_bytes);
}

Status Log::open_meta(const std::vector<std::string>& names) {
  const std::string path = options_.folder + "/meta";
  const auto text = read_whole_file(storage_, path);
  if (text) {
    auto meta = decode_meta(*text);
    if (!meta) return Error(Code::kCorrupt, path + ": " + meta.error().detail);
    meta_ = std::move(*meta);
    fresh_ = false;
    return Status();
  }
  if (text.error().code != Code::kNotFound) return text.error();
  for (const std::string& name : names) {
    if (number_of("log", name) || number_of("snapshot", name)) {
      return Error(Code::kCorrupt, path + ": missing, although there is " + name);
    }
  }
  meta_.incarnation = fresh_incarnation();
  return write_whole_file(storage_, options_.folder, "meta", encode_meta(meta_));
}

// A snapshot belongs to the log when the log holds its record. A newest one that does not was
// installed from elsewhere just before a crash, or outlived an unsynced log: the log is void then.
Status Log::choose_base(RecoveredLog& found, std::vector<Mark> marks) {
  std::vector<Mark> fitting;
  if (!found.segments.empty()) {
    take_over(found);  // to be able to read
    for (const Mark& mark : marks) {
      if (mark.lsn < oldest() || mark.lsn > tail_.lsn) continue;
      const auto hash = hash_at(mark.lsn);
      if (!hash) return hash.error();
      if (*hash == mark.hash) fitting.push_back(mark);
    }
  }
  const bool newest_fits = !fitting.empty() && fitting.back().lsn == marks.back().lsn;
  if (marks.empty() || newest_fits) {
    if (marks.empty() && !found.segments.empty() && found.segments.front().first.raw != 1) {
      return Error(Code::kCorrupt,
                   fmt::format("{}: the snapshot of records 1..{} is missing", options_.folder,
                               found.segments.front().before().raw));
    }
  } else {
    if (!found.segments.empty() && found.segments.front().before() > marks.back().lsn) {
      return Error(Code::kCorrupt,
                   fmt::format("{}: records {}..{} are missing", options_.folder,
                               marks.back().lsn.raw + 1, found.segments.front().before().raw));
    }
    fitting.assign(1, marks.back());
    for (auto segment = found.segments.rbegin(); segment != found.segments.rend(); ++segment) {
      if (Status done = storage_.remove(segment->path); !done) return done;
    }
    found = RecoveredLog();
  }
  for (const Mark& mark : marks) {
    Kept kept;
    kept.mark = mark;
    if (std::any_of(fitting.begin(), fitting.end(),
                    [&](const Mark& other) { return other.lsn == mark.lsn; })) {
      snapshots_.push_back(std::move(kept));
    } else if (Status done =
                   storage_.remove(options_.folder + "/" + numbered_name("snapshot", mark.lsn));
               !done) {
      return done;
    }
  }
  return storage_.sync_folder(options_.folder);
}

void Log::take_over(RecoveredLog found) {
  repaired_ = found.cut;
  base_ = snapshots_.empty() ? Mark() : snapshots_.front().mark;
  tail_ = base_;
  for (const EpochStart& start : found.epochs) {
    if (start.first <= base_.lsn) continue;
    if (!tail_.history.empty() && tail_.history.back().epoch == start.epoch) continue;
    tail_.history.push_back(start);
  }
  segments_.assign(found.segments.begin(), found.segments.end());
  if (!segments_.empty()) {
    tail_.lsn = found.tail;
    tail_.hash = found.tail_hash;
  }
  recent_hash_ = tail_.hash;
  bytes_ = 0;
  for (const Segment& segment : segments_) bytes_ += segment.end - sizeof(SegmentHead);
  stable_ = reported_ = tail_.lsn;
  stable_epoch_ = epoch_at(tail_.history, tail_.lsn);
  known_commit_ = std::max(found.commit, newest_snapshot());
  applied_ = newest_snapshot();
}

}  // namespace multiaz::replication
