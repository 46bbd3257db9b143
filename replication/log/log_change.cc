// Metadata, truncation, and the life of snapshots: what changes more than the tail.
#include <algorithm>
#include <memory>
#include <optional>

#include "replication/log/format.h"
#include "replication/log/log.h"

namespace multiaz::replication {

namespace {

// After trimming, a history needs the entry that covers the base and all later ones.
void compact(History& history, Lsn base) {
  while (history.size() > 1 && history[1].first <= base) history.erase(history.begin());
}

}  // namespace

Lsn Log::newest_snapshot() const {
  return snapshots_.empty() ? Lsn() : snapshots_.back().mark.lsn;
}

void Log::persist_meta(Meta meta, Done done) {
  meta_ = std::move(meta);
  if (!in_files()) {
    due_.push_back([done = std::move(done)] { done(Status()); });
    return;
  }
  Job job;
  job.run = [this, text = encode_meta(meta_)] {
    return write_whole_file(storage_, options_.folder, "meta", text);
  };
  job.done = guarded(std::move(done));
  writer_->post(std::move(job));
}

void Log::truncate_after(Lsn last, Done done) {
  CHECK(base_.lsn <= last && last <= tail_.lsn);
  write_pending();
  // Snapshots of what goes: only when committed records are dropped on a person's order.
  std::vector<std::string> gone;
  if (saving_lsn_ > last) ++generation_;
  while (newest_snapshot() > last) {
    gone.push_back(options_.folder + "/" + numbered_name("snapshot", newest_snapshot()));
    snapshots_.pop_back();
  }
  auto mark = mark_at(last);
  if (!mark) return fail(mark.error());
  tail_ = std::move(*mark);
  forget_milestones_after(last);
  while (!recent_.empty() && recent_.back().lsn > last) {
    if (!in_files()) bytes_ -= record_bytes(recent_.back().payload.size());
    recent_bytes_ -= recent_.back().payload.size();
    recent_.pop_back();
  }
  if (recent_.empty()) recent_hash_ = tail_.hash;
  // Newest first: a crash in between leaves no gap.
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
  const Epoch epoch = epoch_at(tail_.history, last);
  Done after = guarded([this, last, epoch, done = std::move(done)](Status status) {
    done(std::move(status));
    reported_ = Lsn();  // everything that stayed is stable now: say so again
    reached(last, epoch);
  });
  if (!in_files()) {
    due_.push_back([after = std::move(after)] { after(Status()); });
    return;
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
  job.done = std::move(after);
  writer_->post(std::move(job));
}

void Log::remove_later(std::vector<std::string> paths) {
  if (paths.empty() || !in_files()) return;
  Job job;  // a file that stays is a waste, not a danger
  job.run = [this, paths = std::move(paths)] {
    for (const std::string& path : paths) {
      if (Status removed = storage_.remove(path); !removed) return removed;
    }
    return Status();
  };
  helper_->post(std::move(job));
}

void Log::save_snapshot(StoredSnapshot snapshot, Done done) {
  CHECK(!saving_snapshot() && snapshot.mark.lsn > newest_snapshot());
  const auto content = std::make_shared<const StoredSnapshot>(std::move(snapshot));
  Kept kept;
  kept.mark = content->mark;
  if (!in_files()) {
    kept.content = content;
    snapshots_.push_back(std::move(kept));
    due_.push_back([done = std::move(done)] { done(Status()); });
    return;
  }
  saving_lsn_ = kept.mark.lsn;
  Job job;
  job.run = [this, content] { return write_snapshot(storage_, options_.folder, *content); };
  job.done = [this, kept, generation = generation_, done = std::move(done)](Status status) {
    saving_lsn_ = Lsn();
    const bool current = generation == generation_;
    if (status.ok() && current) snapshots_.push_back(kept);
    if (status.ok() && !current && kept.mark.lsn != newest_snapshot()) {
      remove_later({options_.folder + "/" + numbered_name("snapshot", kept.mark.lsn)});
    }
    done(std::move(status));
  };
  helper_->post(std::move(job));
}

void Log::write_copy(StoredSnapshot snapshot, std::string folder, Done done) {
  CHECK(in_files());
  const auto content = std::make_shared<const StoredSnapshot>(std::move(snapshot));
  Job job;
  job.run = [this, content, folder = std::move(folder)] {
    if (Status made = storage_.make_folder(folder); !made) return made;
    return write_snapshot(storage_, folder, *content);
  };
  job.done = std::move(done);
  helper_->post(std::move(job));
}

Result<StoredSnapshot> Log::load_snapshot_now(Lsn at_most) const {
  for (auto kept = snapshots_.rbegin(); kept != snapshots_.rend(); ++kept) {
    if (kept->mark.lsn > at_most) continue;
    if (kept->content) return *kept->content;
    return read_snapshot(storage_, options_.folder, kept->mark.lsn);
  }
  return Error(Code::kNotFound, "there is no snapshot");
}

void Log::load_snapshot(Lsn at_most, Loaded done) {
  const auto result = std::make_shared<std::optional<Result<StoredSnapshot>>>();
  if (!in_files() || snapshots_.empty()) {
    due_.push_back([this, at_most, done = std::move(done)] { done(load_snapshot_now(at_most)); });
    return;
  }
  Lsn found;
  for (const Kept& kept : snapshots_) {
    if (kept.mark.lsn <= at_most) found = kept.mark.lsn;
  }
  Job job;
  job.run = [this, result, found] {
    result->emplace(read_snapshot(storage_, options_.folder, found));
    return Status();
  };
  job.done = [result, done = std::move(done)](const Status&) { done(std::move(**result)); };
  helper_->post(std::move(job));
}

void Log::drop_snapshots_below(Lsn lsn) {
  std::vector<std::string> gone;
  while (!snapshots_.empty() && snapshots_.front().mark.lsn < lsn) {
    gone.push_back(options_.folder + "/" + numbered_name("snapshot", snapshots_.front().mark.lsn));
    snapshots_.erase(snapshots_.begin());
  }
  remove_later(std::move(gone));
}

void Log::trim(Lsn limit) {
  const Kept* chosen = nullptr;
  for (const Kept& kept : snapshots_) {
    if (kept.mark.lsn <= limit && kept.mark.lsn > base_.lsn) chosen = &kept;
  }
  if (!chosen) return;
  base_ = chosen->mark;
  compact(base_.history, base_.lsn);
  compact(tail_.history, base_.lsn);
  drop_snapshots_below(base_.lsn);
  std::vector<std::string> gone;  // oldest first: no gap either
  while (segments_.size() > 1 && segments_.front().last() <= base_.lsn) {
    bytes_ -= segments_.front().end - sizeof(SegmentHead);
    gone.push_back(segments_.front().path);
    segments_.pop_front();
  }
  remove_later(std::move(gone));
  if (!in_files()) forget_recent();
}

void Log::reset_to(std::shared_ptr<const StoredSnapshot> content, Done done) {
  ++generation_;
  std::vector<std::string> gone;
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    gone.push_back(segment->path);
  }
  for (const Kept& kept : snapshots_) {
    if (kept.mark.lsn == content->mark.lsn) continue;
    gone.push_back(options_.folder + "/" + numbered_name("snapshot", kept.mark.lsn));
  }
  pending_.clear();
  segments_.clear();
  recent_.clear();
  recent_bytes_ = bytes_ = 0;
  base_ = tail_ = content->mark;
  forget_milestones_after(Lsn());
  compact(base_.history, base_.lsn);
  recent_hash_ = tail_.hash;
  stable_ = reported_ = applied_ = tail_.lsn;
  Kept kept;
  kept.mark = content->mark;
  if (!in_files()) kept.content = content;
  snapshots_.assign(1, kept);
  if (!in_files()) {
    due_.push_back([done = std::move(done)] { done(Status()); });
    return;
  }
  Job job;
  job.run = [this, content, gone = std::move(gone)] {
    if (Status written = write_snapshot(storage_, options_.folder, *content); !written) {
      return written;
    }
    for (const std::string& path : gone) {
      if (Status removed = storage_.remove(path); !removed) return removed;
    }
    return storage_.sync_folder(options_.folder);
  };
  job.done = guarded(std::move(done));
  helper_->post(std::move(job));
}

}  // namespace multiaz::replication
