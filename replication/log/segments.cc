#include "replication/log/segments.h"

#include <memory>
#include <utility>

#include "replication/log/format.h"

namespace multiaz::replication {

void Segments::take(std::deque<Segment> found) {
  segments_ = std::move(found);
  bytes_ = 0;
  for (const Segment& segment : segments_) bytes_ += segment.end - sizeof(SegmentHead);
}

void Segments::add(const Record& record, uint64_t prev_hash, Lsn commit) {
  if (work_.failed()) return;
  if (segments_.empty() || segments_.back().end >= options_.segment_bytes) {
    flush();
    begin(record.lsn, prev_hash);
    if (work_.failed()) return;
  }
  Segment& segment = segments_.back();
  if (pending_.empty()) pending_at_ = segment.end;
  segment.offsets.push_back(static_cast<uint32_t>(segment.end));
  write_record(record, commit, pending_);
  bytes_ += pending_at_ + pending_.size() - segment.end;
  segment.end = pending_at_ + pending_.size();
  pending_epoch_ = record.epoch;
}

// The segment before must be on the disk before this one exists, so that only the last one can ever
// be torn (at level disk).
void Segments::begin(Lsn first, uint64_t prev_hash) {
  Segment segment;
  segment.first = first;
  segment.prev_hash = prev_hash;
  segment.path = options_.folder + "/" + numbered_name("log", first);
  segment.end = sizeof(SegmentHead);
  auto file = storage_.open(segment.path, OpenMode::kCreate);
  if (!file) return work_.fail(file.error());
  segment.file = *file;
  const std::string head = segment_head(first, prev_hash);
  if (options_.durability != Durability::kDisk) {
    if (Status done = segment.file->write(0, head); !done.ok()) return work_.fail(done);
  } else {
    Job job;
    job.run = [this, file = segment.file, head] {
      if (Status done = file->allocate(options_.segment_bytes); !done) return done;
      if (Status done = file->write(0, head); !done) return done;
      if (Status done = file->sync(); !done) return done;
      return storage_.sync_folder(options_.folder);
    };
    work_.write(std::move(job), nullptr);
  }
  segments_.push_back(std::move(segment));
}

void Segments::flush() {
  if (pending_.empty() || work_.failed()) return;
  const std::shared_ptr<File> file = segments_.back().file;
  const Lsn lsn = segments_.back().last();
  const Epoch epoch = pending_epoch_;
  const uint64_t at = pending_at_;
  if (options_.durability != Durability::kDisk) {
    const Status done = file->write(at, pending_);
    pending_.clear();
    if (!done.ok()) return work_.fail(done);
    return stable_.reached(lsn, epoch);
  }
  Job job;
  job.run = [file, at, bytes = std::exchange(pending_, {})] { return file->write(at, bytes); };
  job.sync = file;
  work_.write(std::move(job), [this, lsn, epoch](const Status&) { stable_.reached(lsn, epoch); });
}

void Segments::truncate_after(Lsn last, std::vector<std::string> gone, LogWork::Done done) {
  // The newest goes first, so that a crash in between leaves no gap.
  while (!segments_.empty() && segments_.back().first > last) {
    bytes_ -= segments_.back().end - sizeof(SegmentHead);
    gone.push_back(segments_.back().path);
    segments_.pop_back();
  }
  std::shared_ptr<File> file;
  uint64_t end = 0;
  if (!segments_.empty() && segments_.back().last() > last) {
    Segment& segment = segments_.back();
    end = segment.offset_after(last);
    bytes_ -= segment.end - end;
    segment.offsets.resize(last.raw - segment.before().raw);
    segment.end = end;
    file = segment.file;
  }
  Job job;
  job.run = [this, gone = std::move(gone), file, end] {
    for (const std::string& path : gone) {
      if (Status removed = storage_.remove(path); !removed) return removed;
    }
    if (Status synced = storage_.sync_folder(options_.folder); !synced) return synced;
    if (!file) return Status();
    if (Status cut = file->truncate(end); !cut) return cut;
    return file->sync();
  };
  work_.write(std::move(job), std::move(done));
}

void Segments::drop_through(Lsn base) {
  std::vector<std::string> gone;  // the oldest goes first, so that there is no gap either
  while (segments_.size() > 1 && segments_.front().last() <= base) {
    bytes_ -= segments_.front().end - sizeof(SegmentHead);
    gone.push_back(segments_.front().path);
    segments_.pop_front();
  }
  work_.remove(std::move(gone));
}

std::vector<std::string> Segments::clear() {
  std::vector<std::string> gone;
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment)
    gone.push_back(segment->path);
  segments_.clear();
  pending_.clear();
  bytes_ = 0;
  return gone;
}

}  // namespace multiaz::replication
