#include "replication/member/copy_maker.h"

#include <fmt/format.h>

#include <utility>

namespace multiaz::replication {

namespace {

constexpr size_t kCopiesWaitingMax = 4;    // orders to take a snapshot
constexpr uint64_t kCopyBeginMs = 30'000;  // within this time the state machine must allow it

}  // namespace

void CopyMaker::order(wire::TakeSnapshot order) {
  if (order.group != shared_.config.group) return;
  Copy copy;
  copy.order = std::move(order);
  copy.begin_by = monotonic_now() + kCopyBeginMs * kMillisecond;
  const bool full = copies_.size() >= kCopiesWaitingMax;
  const bool no_files = !shared_.log->in_files();
  if (!full && !no_files) return copies_.push_back(std::move(copy));
  wire::SnapshotTaken refused;
  refused.group = shared_.config.group;
  refused.name = copy.order.name;
  refused.error = full ? fmt::format("{} snapshots wait already", kCopiesWaitingMax)
                       : std::string("this member keeps everything in memory");
  if (shared_.hooks.snapshot_taken) shared_.hooks.snapshot_taken(refused);
}

// The copies are made one after the other.
void CopyMaker::tick() {
  if (copies_.empty() || copies_.front().writing) return;
  Copy& copy = copies_.front();
  if (shared_.failed()) {
    return end(Error(Code::kUnavailable, *shared_.driver->failure()), Mark());
  }
  if (!copy.saving && !begin(copy)) return;
  const Result<bool> whole = read_on(*copy.saving);
  if (!whole) return copy.saving.reset();  // the state was replaced meanwhile: it begins again
  if (*whole) write(copy);
}

bool CopyMaker::begin(Copy& copy) {
  auto snapshot = shared_.driver->queue().behind_barrier()
                      ? Result<Snapshot>(Error(Code::kConflict, "the state is being replaced"))
                      : shared_.machine.snapshot();
  if (!snapshot) {
    if (monotonic_now() > copy.begin_by) end(snapshot.error(), Mark());
    return false;
  }
  // The log must have the position of the state, so that a group that is made from the copy has it.
  auto mark = shared_.log->mark_at(snapshot->lsn);
  if (!mark) {
    end(mark.error(), Mark());
    return false;
  }
  Saving saving;
  saving.so_far.mark = std::move(*mark);
  saving.source = std::move(snapshot->source);
  copy.saving.emplace(std::move(saving));
  return true;
}

void CopyMaker::write(Copy& copy) {
  copy.writing = true;
  StoredSnapshot stored = std::move(copy.saving->so_far);
  copy.saving.reset();
  const Mark mark = stored.mark;
  const uint64_t bytes = stored.bytes();
  shared_.log->snapshots().write_copy(
      std::move(stored), copy.order.folder,
      [this, mark, bytes](const Status& done) { end(done, mark, bytes); });
}

void CopyMaker::end(const Status& done, const Mark& written, uint64_t bytes) {
  wire::SnapshotTaken taken;
  taken.group = shared_.config.group;
  taken.name = copies_.front().order.name;
  copies_.pop_front();
  if (!done.ok()) taken.error = done.error().text();
  if (done.ok()) {
    taken.epoch = epoch_at(written.history, written.lsn).raw;
    taken.lsn = written.lsn.raw;
    taken.bytes = bytes;
  }
  if (shared_.hooks.snapshot_taken) shared_.hooks.snapshot_taken(taken);
}

}  // namespace multiaz::replication
