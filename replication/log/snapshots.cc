#include "replication/log/snapshots.h"

#include <optional>
#include <utility>

#include "replication/log/format.h"

namespace multiaz::replication {

std::string Snapshots::path_of(Lsn lsn) const {
  return options_.folder + "/" + numbered_name("snapshot", lsn);
}

void Snapshots::take(std::vector<Mark> found) {
  for (Mark& mark : found) kept_.push_back({std::move(mark), nullptr});
}

void Snapshots::save(StoredSnapshot snapshot, Done done) {
  CHECK(!saving() && snapshot.mark.lsn > newest());
  const auto content = std::make_shared<const StoredSnapshot>(std::move(snapshot));
  Kept kept;
  kept.mark = content->mark;
  if (!options_.in_files()) {
    kept.content = content;
    kept_.push_back(std::move(kept));
    work_.later([done = std::move(done)] { done(Status()); });
    return;
  }
  saving_ = kept.mark.lsn;
  Job job;
  job.run = [this, content] { return write_snapshot(storage_, options_.folder, *content); };
  job.done = [this, kept, generation = generation_, done = std::move(done)](Status status) {
    saving_ = Lsn();
    const bool current = generation == generation_;
    if (status.ok() && current) kept_.push_back(kept);
    if (status.ok() && !current && kept.mark.lsn != newest())
      work_.remove({path_of(kept.mark.lsn)});
    done(std::move(status));
  };
  work_.help(std::move(job));
}

void Snapshots::write_copy(StoredSnapshot snapshot, std::string folder, Done done) {
  CHECK(options_.in_files());
  const auto content = std::make_shared<const StoredSnapshot>(std::move(snapshot));
  Job job;
  job.run = [this, content, folder = std::move(folder)] {
    if (Status made = storage_.make_folder(folder); !made) return made;
    return write_snapshot(storage_, folder, *content);
  };
  job.done = std::move(done);
  work_.help(std::move(job));
}

Result<StoredSnapshot> Snapshots::load_now(Lsn at_most) const {
  for (auto kept = kept_.rbegin(); kept != kept_.rend(); ++kept) {
    if (kept->mark.lsn > at_most) continue;
    if (kept->content) return *kept->content;
    return read_snapshot(storage_, options_.folder, kept->mark.lsn);
  }
  return Error(Code::kNotFound, "there is no snapshot");
}

void Snapshots::load(Lsn at_most, Loaded done) {
  const auto result = std::make_shared<std::optional<Result<StoredSnapshot>>>();
  if (!options_.in_files() || kept_.empty()) {
    work_.later([this, at_most, done = std::move(done)] { done(load_now(at_most)); });
    return;
  }
  const Mark* mark = newest_upto(at_most);
  Job job;
  job.run = [this, result, found = mark ? mark->lsn : Lsn()] {
    result->emplace(read_snapshot(storage_, options_.folder, found));
    return Status();
  };
  job.done = [result, done = std::move(done)](const Status&) { done(std::move(**result)); };
  work_.help(std::move(job));
}

const Mark* Snapshots::newest_upto(Lsn limit) const {
  const Mark* found = nullptr;
  for (const Kept& kept : kept_) {
    if (kept.mark.lsn <= limit) found = &kept.mark;
  }
  return found;
}

void Snapshots::drop_below(Lsn lsn) {
  std::vector<std::string> gone;
  while (!kept_.empty() && kept_.front().mark.lsn < lsn) {
    gone.push_back(path_of(kept_.front().mark.lsn));
    kept_.erase(kept_.begin());
  }
  work_.remove(std::move(gone));
}

std::vector<std::string> Snapshots::drop_above(Lsn lsn) {
  std::vector<std::string> gone;
  if (saving_ > lsn) ++generation_;
  while (newest() > lsn) {
    gone.push_back(path_of(newest()));
    kept_.pop_back();
  }
  return gone;
}

void Snapshots::install(std::shared_ptr<const StoredSnapshot> content,
                        std::vector<std::string> gone, Done done) {
  ++generation_;
  for (const Kept& kept : kept_) {
    if (kept.mark.lsn != content->mark.lsn) gone.push_back(path_of(kept.mark.lsn));
  }
  kept_.assign(1, {content->mark, options_.in_files() ? nullptr : content});
  if (!options_.in_files()) {
    work_.later([done = std::move(done)] { done(Status()); });
    return;
  }
  Job job;
  job.run = [this, content, gone = std::move(gone)] {
    if (Status written = write_snapshot(storage_, options_.folder, *content); !written)
      return written;
    for (const std::string& path : gone) {
      if (Status removed = storage_.remove(path); !removed) return removed;
    }
    return storage_.sync_folder(options_.folder);
  };
  job.done = work_.guarded(std::move(done));
  work_.help(std::move(job));
}

}  // namespace multiaz::replication
