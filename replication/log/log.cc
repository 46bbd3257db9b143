#include "replication/log/log.h"

#include <algorithm>
#include <utility>

#include "replication/log/segment_reader.h"

namespace multiaz::replication {

namespace {

Storage& storage_of(const LogOptions& options) {
  return options.storage ? *options.storage : faulty_storage();
}

// Trims the history: it keeps the entry that covers the base, and all later ones.
void compact(History& history, Lsn base) {
  while (history.size() > 1 && history[1].first <= base) history.erase(history.begin());
}

}  // namespace

Log::Log(LogOptions options)
    : options_(std::move(options)),
      segments_(options_, storage_of(options_), work_, stable_),
      snapshots_(options_, storage_of(options_), work_),
      work_(storage_of(options_), [this](const std::string& reason) {
        if (on_failed) on_failed(reason);
      }) {}

Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(LogOptions options) {
  std::unique_ptr<Log> log(new Log(std::move(options)));
  if (!log->in_files()) {
    log->meta_.incarnation = fresh_incarnation();
    return log;
  }
  auto found = open_folder(log->options_, storage_of(log->options_));
  if (!found) return found.error();
  log->take_over(std::move(*found));
  log->work_.start_threads(log->options_);
  return log;
}

void Log::take_over(OpenedFolder found) {
  lock_ = std::move(found.lock);
  meta_ = std::move(found.meta);
  at_open_.fresh = found.fresh;
  at_open_.repaired = found.log.cut;
  snapshots_.take(std::move(found.snapshots));
  if (const Mark* oldest = snapshots_.oldest()) base_ = *oldest;
  tail_ = base_;
  for (const EpochStart& start : found.log.epochs) {
    if (start.first <= base_.lsn) continue;
    if (!tail_.history.empty() && tail_.history.back().epoch == start.epoch) continue;
    tail_.history.push_back(start);
  }
  if (!found.log.segments.empty()) {
    tail_.lsn = found.log.tail;
    tail_.hash = found.log.tail_hash;
  }
  segments_.take(std::move(found.log.segments));
  recent_.clear(tail_.hash);
  stable_.reached(tail_.lsn, epoch_at(tail_.history, tail_.lsn));
  stable_.report();
  at_open_.known_commit = std::max(found.log.commit, snapshots_.newest());
  applied_ = snapshots_.newest();
}

LogCounters Log::counters() const {
  LogCounters out;
  out.bytes = bytes();
  out.segments = segments_.all().size();
  const WorkerCounters worker = work_.counters();
  out.syncs = worker.syncs;
  out.sync_us_max = worker.sync_ns_max / 1000;
  return out;
}

// --- writing ---

void Log::append(std::vector<Record> records, Lsn commit) {
  for (Record& record : records) {
    CHECK(record.lsn == next(tail_.lsn));
    if (in_files()) segments_.add(record, tail_.hash, std::min(commit, tail_.lsn));
    if (tail_.history.empty() || tail_.history.back().epoch != record.epoch) {
      EpochStart start;
      start.epoch = record.epoch;
      start.first = record.lsn;
      tail_.history.push_back(start);
    }
    tail_.lsn = record.lsn;
    tail_.hash = record.hash;
    milestones_.pass(record);
    recent_.add(std::move(record));
  }
  forget_recent();
}

void Log::flush() {
  if (work_.failed()) return;
  if (in_files()) return segments_.flush();
  stable_.reached(tail_.lsn, epoch_at(tail_.history, tail_.lsn));
}

bool Log::poll() {
  const bool any = work_.poll();
  if (!stable_.due() || work_.failed()) return any;
  stable_.report();
  if (on_stable) on_stable(stable_.lsn(), stable_.epoch());
  forget_recent();
  return true;
}

// Drops records from memory. With files, those that are in the files and in the state machine may
// go; without files, those below the base.
void Log::forget_recent() {
  const Lsn limit = in_files() ? std::min(applied_, stable_.reported()) : base_.lsn;
  while (!recent_.empty() && recent_.before() < limit) {
    if (in_files() && recent_.payload_bytes() <= options_.recent_bytes_max) return;
    recent_.drop_first();
  }
}

void Log::persist_meta(Meta meta, Done done) {
  meta_ = std::move(meta);
  if (!in_files()) return work_.later([done = std::move(done)] { done(Status()); });
  Job job;
  job.run = [this, text = encode_meta(meta_)] {
    return write_whole_file(storage_of(options_), options_.folder, "meta", text);
  };
  work_.write(std::move(job), std::move(done));
}

void Log::truncate_after(Lsn last, Done done) {
  CHECK(base_.lsn <= last && last <= tail_.lsn);
  segments_.flush();
  // Snapshots above `last` go, too. There are some only when an operator's order drops committed
  // records.
  std::vector<std::string> gone = snapshots_.drop_above(last);
  auto mark = mark_at(last);
  if (!mark) return work_.fail(mark.error());
  tail_ = std::move(*mark);
  milestones_.forget_after(last);
  recent_.drop_after(last, tail_.hash);
  const Epoch epoch = epoch_at(tail_.history, last);
  Done after = [this, last, epoch, done = std::move(done)](Status status) {
    done(std::move(status));
    stable_.report_again();  // every record that stayed is stable now
    stable_.reached(last, epoch);
  };
  if (in_files()) return segments_.truncate_after(last, std::move(gone), std::move(after));
  work_.later([after = work_.guarded(std::move(after))] { after(Status()); });
}

// --- reading ---

Lsn Log::oldest() const {
  if (!segments_.all().empty()) return segments_.all().front().before();
  return recent_.empty() ? tail_.lsn : recent_.before();
}

Result<uint64_t> Log::hash_at(Lsn lsn) const {
  if (lsn == tail_.lsn) return tail_.hash;
  if (lsn == base_.lsn) return base_.hash;
  if (const Record* record = recent(lsn)) return record->hash;
  if (!recent_.empty() && lsn == recent_.before()) return recent_.hash_before();
  const auto slice = read(next(lsn), next(lsn), 0);
  if (!slice) return slice.error();
  return slice->prev_hash;
}

Result<Mark> Log::mark_at(Lsn lsn) const {
  const auto hash = hash_at(lsn);
  if (!hash) return hash.error();
  Mark mark;
  mark.lsn = lsn;
  mark.hash = *hash;
  mark.history = tail_.history;
  truncate_history(mark.history, lsn);
  return mark;
}

Result<LogSlice> Log::read(Lsn first, Lsn last, uint64_t bytes_max) const {
  if (!recent(first)) return read_job(first, last, bytes_max)();
  LogSlice slice;
  const auto prev_hash = hash_at(Lsn(first.raw - 1));
  if (!prev_hash) return prev_hash.error();
  slice.prev_hash = *prev_hash;
  uint64_t bytes = 0;
  for (Lsn lsn = first; lsn <= std::min(last, tail_.lsn); lsn = next(lsn)) {
    const Record& record = *recent(lsn);
    bytes += record.payload.size();
    if (lsn != first && bytes > bytes_max) break;
    slice.records.push_back(record);
  }
  return slice;
}

std::function<Result<LogSlice>()> Log::read_job(Lsn first, Lsn last, uint64_t bytes_max) const {
  CHECK(first > oldest() && first <= tail_.lsn);
  if (!recent_.empty()) last = std::min(last, recent_.before());
  return replication::read_job(segments_.all(), first, last, bytes_max);
}

// --- snapshots ---

void Log::trim(Lsn limit) {
  const Mark* chosen = snapshots_.newest_upto(limit);
  if (!chosen || chosen->lsn <= base_.lsn) return;
  base_ = *chosen;
  compact(base_.history, base_.lsn);
  compact(tail_.history, base_.lsn);
  snapshots_.drop_below(base_.lsn);
  segments_.drop_through(base_.lsn);
  if (!in_files()) forget_recent();
}

void Log::reset_to(std::shared_ptr<const StoredSnapshot> content, Done done) {
  std::vector<std::string> gone = segments_.clear();
  base_ = tail_ = content->mark;
  milestones_.forget_after(Lsn());
  compact(base_.history, base_.lsn);
  recent_.clear(tail_.hash);
  applied_ = tail_.lsn;
  stable_.begin_at(tail_.lsn);
  snapshots_.install(std::move(content), std::move(gone), std::move(done));
}

}  // namespace multiaz::replication
