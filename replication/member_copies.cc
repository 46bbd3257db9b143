// Snapshots that somebody orders: a copy of the committed state in a folder of its own. Read a
// slice a tick and written by the log's thread, as the member's own ones; nothing of the group
// waits.
#include <fmt/format.h>

#include "replication/member_impl.h"

namespace multiaz::replication {

void Member::Impl::on_take_snapshot(wire::TakeSnapshot order) {
  if (order.group != config_.group) return;
  Copy copy;
  copy.order = std::move(order);
  copy.begin_by = monotonic_now() + kCopyBeginMs * kMillisecond;
  const bool full = copies_.size() >= kCopiesWaitingMax;
  const bool no_files = !log_->in_files();
  if (!full && !no_files) return copies_.push_back(std::move(copy));
  wire::SnapshotTaken refused;
  refused.group = config_.group;
  refused.name = copy.order.name;
  refused.error = full ? fmt::format("{} snapshots wait already", kCopiesWaitingMax)
                       : std::string("this member keeps everything in memory");
  if (hooks_.snapshot_taken) hooks_.snapshot_taken(refused);
}

// One after the other.
void Member::Impl::copy_some() {
  if (copies_.empty() || copies_.front().writing) return;
  Copy& copy = copies_.front();
  if (failure_) return end_copy(Error(Code::kUnavailable, *failure_), Mark());
  if (!copy.saving && !begin_copy(copy)) return;
  const Result<bool> whole = read_on(*copy.saving);
  if (!whole) return copy.saving.reset();  // the state was replaced meanwhile: from the start
  if (*whole) write_copy(copy);
}

bool Member::Impl::begin_copy(Copy& copy) {
  auto snapshot = barrier_ ? Result<Snapshot>(Error(Code::kConflict, "the state is being replaced"))
                           : machine_.snapshot();
  if (!snapshot) {
    if (monotonic_now() > copy.begin_by) end_copy(snapshot.error(), Mark());
    return false;
  }
  // Where the state stands must be in the log, so that a group that is made from it can tell.
  auto mark = log_->mark_at(snapshot->lsn);
  if (!mark) {
    end_copy(mark.error(), Mark());
    return false;
  }
  Saving saving;
  saving.so_far.mark = std::move(*mark);
  saving.source = std::move(snapshot->source);
  copy.saving.emplace(std::move(saving));
  return true;
}

void Member::Impl::write_copy(Copy& copy) {
  copy.writing = true;
  StoredSnapshot stored = std::move(copy.saving->so_far);
  copy.saving.reset();
  const Mark mark = stored.mark;
  const uint64_t bytes = stored.bytes();
  log_->write_copy(std::move(stored), copy.order.folder,
                   [this, mark, bytes](const Status& done) { end_copy(done, mark, bytes); });
}

void Member::Impl::end_copy(const Status& done, const Mark& written, uint64_t bytes) {
  wire::SnapshotTaken taken;
  taken.group = config_.group;
  taken.name = copies_.front().order.name;
  copies_.pop_front();
  if (!done.ok()) taken.error = done.error().text();
  if (done.ok()) {
    taken.epoch = epoch_at(written.history, written.lsn).raw;
    taken.lsn = written.lsn.raw;
    taken.bytes = bytes;
  }
  if (hooks_.snapshot_taken) hooks_.snapshot_taken(taken);
}

}  // namespace multiaz::replication
