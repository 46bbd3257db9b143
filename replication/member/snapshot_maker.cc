#include "replication/member/snapshot_maker.h"

#include <algorithm>
#include <utility>

#include "base/core/check.h"
#include "base/core/log.h"

namespace multiaz::replication {

namespace {

constexpr uint64_t kSliceUs = 800;                     // of a tick
constexpr uint64_t kRetryMs = 1000;                    // after a state machine said "later"
constexpr uint64_t kTransferLogBytesMax = 1ull << 30;  // kept for followers that install a snapshot
constexpr uint64_t kRecordHeadBytes = 48;

}  // namespace

Result<bool> read_on(Saving& saving) {
  const Nanos limit = monotonic_now() + kSliceUs * (kMillisecond / 1000);
  do {
    Result<std::string> piece = saving.source->next();
    if (!piece) return piece.error();
    if (piece->empty()) return true;
    saving.so_far.chunks.push_back(std::move(*piece));
  } while (monotonic_now() < limit);
  return false;
}

SnapshotMaker::SnapshotMaker(Shared& shared, OnEvent on_event, std::function<Lsn()> needed)
    : shared_(shared), on_event_(std::move(on_event)), needed_(std::move(needed)) {}

void SnapshotMaker::appended(const std::vector<Record>& records) {
  for (const Record& record : records) bytes_since_ += record.payload.size() + kRecordHeadBytes;
}

void SnapshotMaker::restored(uint64_t snapshot_bytes) {
  bytes_ = snapshot_bytes;
  bytes_since_ = shared_.log->bytes();
}

void SnapshotMaker::installed(uint64_t snapshot_bytes) {
  bytes_ = snapshot_bytes;
  bytes_since_ = 0;
}

void SnapshotMaker::consider() {
  const uint64_t after = shared_.config.snapshot_after_bytes ? shared_.config.snapshot_after_bytes
                                                             : kSnapshotAfterLogBytes;
  const EffectQueue& queue = shared_.driver->queue();
  const bool busy = saving_ || shared_.failed() || queue.behind_barrier() || queue.lags() ||
                    shared_.log->snapshots().saving();
  const Nanos now = monotonic_now();
  if (!busy && bytes_since_ >= std::max(after, bytes_) && now >= not_before_) {
    not_before_ = now + kRetryMs * kMillisecond;
    if (queue.machine_at() > shared_.log->snapshots().newest()) begin();
  }
  trim_log();
}

void SnapshotMaker::begin() {
  auto snapshot = shared_.machine.snapshot();
  if (!snapshot || snapshot->lsn <= shared_.log->snapshots().newest()) return;  // tried again later
  CHECK(snapshot->lsn <= shared_.driver->queue().machine_at());
  auto mark = shared_.log->mark_at(snapshot->lsn);
  if (!mark) return shared_.driver->log_failed(mark.error().text());
  Saving saving;
  saving.so_far.mark = std::move(*mark);
  saving.source = std::move(snapshot->source);
  saving_.emplace(std::move(saving));
  bytes_since_ = 0;
  tick();
}

void SnapshotMaker::tick() {
  if (!saving_) return;
  const Result<bool> whole = read_on(*saving_);
  if (!whole) {
    log::info("an own snapshot is given up: " + whole.error().text());
    return saving_.reset();
  }
  if (!*whole) return;
  StoredSnapshot stored = std::move(saving_->so_far);
  saving_.reset();
  finish(std::move(stored));
}

// When all is read, the disk's thread takes over. The log may have been replaced or cut since the
// start.
void SnapshotMaker::finish(StoredSnapshot stored) {
  Log& log = *shared_.log;
  if (shared_.failed() || stored.mark.lsn <= log.snapshots().newest()) return;
  if (stored.mark.lsn > log.tail().lsn) return;
  bytes_ = stored.bytes();
  log.snapshots().save(std::move(stored), [this](const Status& saved) {
    if (!saved.ok()) on_event_("snapshot-failed", saved.error().text());
    trim_log();
  });
}

// The log keeps the records that connected followers still need, up to a bound.
void SnapshotMaker::trim_log() {
  if (shared_.failed()) return;
  Log& log = *shared_.log;
  const Core& core = shared_.driver->core();
  const Lsn machine_at = shared_.driver->queue().machine_at();
  const Lsn before = log.base().lsn;
  Lsn limit = std::min(core.trim_limit(), machine_at);
  if (log.bytes() > kLogBytesMax) limit = std::min(core.applied(), machine_at);
  if (log.bytes() <= kTransferLogBytesMax) limit = std::min(limit, needed_());
  log.trim(limit);
  if (log.base().lsn == before) return;
  LogTrimmed trimmed;
  trimmed.base = log.base().lsn;
  shared_.driver->feed(trimmed);
}

}  // namespace multiaz::replication
