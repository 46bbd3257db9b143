// Appending, flushing, reading. Opening: log_open.cc; truncation and snapshots: log_change.cc.
#include "replication/log/log.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "replication/log/format.h"

namespace multiaz::replication {

Log::Log(LogOptions options)
    : options_(std::move(options)),
      storage_(options_.storage ? *options_.storage : faulty_storage()) {}

Log::~Log() = default;

LogCounters Log::counters() const {
  LogCounters out;
  out.bytes = bytes_;
  out.segments = segments_.size();
  if (!writer_) return out;
  const WorkerCounters worker = writer_->counters();
  out.syncs = worker.syncs;
  out.sync_us_max = worker.sync_ns_max / 1000;
  return out;
}

// --- writing ---

void Log::append(std::vector<Record> records, Lsn commit) {
  for (Record& record : records) {
    CHECK(record.lsn == next(tail_.lsn));
    if (in_files()) plan_write(record, std::min(commit, tail_.lsn));
    if (tail_.history.empty() || tail_.history.back().epoch != record.epoch) {
      EpochStart start;
      start.epoch = record.epoch;
      start.first = record.lsn;
      tail_.history.push_back(start);
    }
    tail_.lsn = record.lsn;
    tail_.hash = record.hash;
    for (Milestone& one : milestones_) {
      if (record.lsn.raw % one.every != 0) continue;
      one.lsn = record.lsn;
      one.hash = record.hash;
    }
    bytes_ += record_bytes(record.payload.size());
    recent_bytes_ += record.payload.size();
    recent_.push_back(std::move(record));
  }
  forget_recent();
}

void Log::forget_milestones_after(Lsn last) {
  for (Milestone& one : milestones_) {
    if (one.lsn > last) one.lsn = Lsn();
  }
}

void Log::plan_write(const Record& record, Lsn commit) {
  if (failed_) return;
  if (segments_.empty() || segments_.back().end >= options_.segment_bytes) {
    write_pending();
    begin_segment(record.lsn);
    if (failed_) return;
  }
  Segment& segment = segments_.back();
  if (pending_.empty()) pending_at_ = segment.end;
  segment.offsets.push_back(static_cast<uint32_t>(segment.end));
  write_record(record, commit, pending_);
  segment.end = pending_at_ + pending_.size();
}

// What is in the segment before must be on the disk before this one exists: so only the last one
// can ever be torn (at level disk).
void Log::begin_segment(Lsn first) {
  Segment segment;
  segment.first = first;
  segment.prev_hash = tail_.hash;
  segment.path = options_.folder + "/" + numbered_name("log", first);
  segment.end = sizeof(SegmentHead);
  auto file = storage_.open(segment.path, OpenMode::kCreate);
  if (!file) return fail(file.error());
  segment.file = *file;
  const std::string head = segment_head(first, segment.prev_hash);
  if (options_.durability != Durability::kDisk) {
    if (Status done = segment.file->write(0, head); !done.ok()) return fail(done);
  } else {
    Job job;
    job.run = [this, file = segment.file, head] {
      if (Status done = file->allocate(options_.segment_bytes); !done) return done;
      if (Status done = file->write(0, head); !done) return done;
      if (Status done = file->sync(); !done) return done;
      return storage_.sync_folder(options_.folder);
    };
    job.done = guarded(nullptr);
    writer_->post(std::move(job));
  }
  segments_.push_back(std::move(segment));
}

void Log::flush() {
  if (failed_) return;
  if (!in_files()) {
    reached(tail_.lsn, epoch_at(tail_.history, tail_.lsn));
    return;
  }
  write_pending();
}

void Log::write_pending() {
  if (pending_.empty() || failed_) return;
  const std::shared_ptr<File> file = segments_.back().file;
  const Lsn lsn = segments_.back().last();
  const Epoch epoch = epoch_at(tail_.history, lsn);
  const uint64_t at = pending_at_;
  if (options_.durability != Durability::kDisk) {
    const Status done = file->write(at, pending_);
    pending_.clear();
    if (!done.ok()) return fail(done);
    return reached(lsn, epoch);
  }
  Job job;
  job.run = [file, at, bytes = std::exchange(pending_, {})] { return file->write(at, bytes); };
  job.sync = file;
  job.done = guarded([this, lsn, epoch](const Status&) { reached(lsn, epoch); });
  writer_->post(std::move(job));
}

void Log::reached(Lsn lsn, Epoch epoch) {
  stable_ = lsn;
  stable_epoch_ = epoch;
}

// Runs `done` only on success; a failure is told once, through on_failed.
Log::Done Log::guarded(Done done) {
  return [this, done = std::move(done)](Status status) {
    if (!status.ok()) return fail(status);
    if (done && !failed_) done(std::move(status));
  };
}

void Log::fail(const Status& status) {
  if (failed_) return;
  failed_ = true;
  pending_.clear();
  due_.push_back([this, reason = status.error().text()] {
    if (on_failed) on_failed(reason);
  });
}

bool Log::poll() {
  bool any = false;
  if (writer_) any = writer_->take_done();
  if (helper_) any = helper_->take_done() || any;
  while (!due_.empty()) {
    any = true;
    for (const std::function<void()>& call : std::exchange(due_, {})) call();
  }
  if (stable_ != reported_ && !failed_) {
    any = true;
    reported_ = stable_;
    if (on_stable) on_stable(stable_, stable_epoch_);
    forget_recent();
  }
  return any;
}

// With files, memory may lose what is in them and in the state machine; without, what is below the
// base.
void Log::forget_recent() {
  const Lsn limit = in_files() ? std::min(applied_, reported_) : base_.lsn;
  while (!recent_.empty() && recent_.front().lsn <= limit) {
    if (in_files() && recent_bytes_ <= options_.recent_bytes_max) return;
    const Record& record = recent_.front();
    recent_bytes_ -= record.payload.size();
    if (!in_files()) bytes_ -= record_bytes(record.payload.size());
    recent_hash_ = record.hash;
    recent_.pop_front();
  }
}

// --- reading ---

const Record* Log::recent(Lsn lsn) const {
  if (recent_.empty() || lsn < recent_.front().lsn || lsn > tail_.lsn) return nullptr;
  return &recent_[lsn.raw - recent_.front().lsn.raw];
}

Lsn Log::oldest() const {
  if (!segments_.empty()) return segments_.front().before();
  return recent_.empty() ? tail_.lsn : Lsn(recent_.front().lsn.raw - 1);
}

Result<uint64_t> Log::hash_at(Lsn lsn) const {
  if (lsn == tail_.lsn) return tail_.hash;
  if (lsn == base_.lsn) return base_.hash;
  if (const Record* record = recent(lsn)) return record->hash;
  if (!recent_.empty() && next(lsn) == recent_.front().lsn) return recent_hash_;
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

namespace {

struct Piece {  // of one segment's file
  std::shared_ptr<File> file;
  std::string path;
  uint64_t from = 0;
  uint64_t to = 0;
};

Result<LogSlice> read_pieces(const std::vector<Piece>& pieces, Lsn first, uint64_t prev_hash) {
  LogSlice slice;
  slice.prev_hash = prev_hash;
  uint64_t hash = prev_hash;
  for (const Piece& piece : pieces) {
    const auto bytes = piece.file->read(piece.from, piece.to - piece.from);
    if (!bytes) return bytes.error();
    std::string_view rest = *bytes;
    while (!rest.empty()) {
      const auto stored = parse_record(rest);
      const Epoch epoch(stored ? stored->head.epoch : 0);
      if (stored) hash = chain_hash(hash, epoch, first, stored->payload);
      if (!stored || stored->head.lsn != first.raw || stored->head.hash != hash) {
        return corrupt_at(piece.path, piece.to - rest.size(),
                          "record " + std::to_string(first.raw) + " is damaged");
      }
      Record record;
      record.epoch = epoch;
      record.lsn = first;
      record.hash = hash;
      record.payload = std::string(stored->payload);
      slice.records.push_back(std::move(record));
      rest.remove_prefix(stored->bytes);
      first = next(first);
    }
  }
  return slice;
}

Result<uint64_t> read_hash(const Piece& head) {
  const auto bytes = head.file->read(head.from, sizeof(RecordHead));
  if (!bytes) return bytes.error();
  RecordHead record;
  if (bytes->size() < sizeof record) return Error(Code::kCorrupt, head.path + ": it is too short");
  std::memcpy(&record, bytes->data(), sizeof record);
  return record.hash;
}

}  // namespace

std::function<Result<LogSlice>()> Log::read_job(Lsn first, Lsn last, uint64_t bytes_max) const {
  CHECK(first > oldest() && first <= tail_.lsn);
  if (!recent_.empty()) last = std::min(last, Lsn(recent_.front().lsn.raw - 1));
  size_t at = 0;
  while (segments_[at].last() < first) ++at;
  std::optional<Piece> before;  // the record before tells its hash
  uint64_t prev_hash = segments_[at].prev_hash;
  if (first != segments_[at].first) {
    before.emplace();
    before->file = segments_[at].file;
    before->path = segments_[at].path;
    before->from = segments_[at].offset_after(Lsn(first.raw - 2));
  }
  std::vector<Piece> pieces;
  uint64_t bytes = 0;
  bool full = false;
  for (Lsn lsn = first; !full && at < segments_.size() && lsn <= last; ++at) {
    const Segment& segment = segments_[at];
    Piece piece;
    piece.file = segment.file;
    piece.path = segment.path;
    piece.from = piece.to = segment.offset_after(Lsn(lsn.raw - 1));
    while (lsn <= std::min(last, segment.last())) {
      const uint64_t to = segment.offset_after(lsn);
      bytes += to - piece.to;
      full = lsn != first && bytes > bytes_max;
      if (full) break;
      piece.to = to;
      lsn = next(lsn);
    }
    if (piece.to > piece.from) pieces.push_back(std::move(piece));
  }
  return [before, prev_hash, pieces = std::move(pieces), first]() -> Result<LogSlice> {
    if (!before) return read_pieces(pieces, first, prev_hash);
    const auto hash = read_hash(*before);
    if (!hash) return hash.error();
    return read_pieces(pieces, first, *hash);
  };
}

}  // namespace multiaz::replication
