// The daemon's state machine: given its state at the start, fed with committed records, rebuilt
// when it cannot take back what never committed.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/core/log.h"
#include "replication/member_impl.h"

namespace multiaz::replication {

// At once: at the start, when nobody is served yet, and where nothing else can go on.
Status Member::Impl::install_now(const StoredSnapshot& stored) {
  const std::unique_ptr<SnapshotSink> sink = machine_.install(stored.mark.lsn);
  for (const std::string& chunk : stored.chunks) {
    if (Status added = sink->add(chunk); !added) return added;
  }
  return sink->finish();
}

// Blocks: nobody is served yet. What is known to be committed is applied; the rest of the log
// waits for a primary to say so.
Status Member::Impl::restore_machine() {
  const Lsn newest = log_->newest_snapshot();
  if (newest > Lsn()) {
    auto stored = log_->load_snapshot_now(newest);
    if (!stored) return stored.error();
    snapshot_bytes_ = stored->bytes();
    if (Status done = install_now(*stored); !done) return done;
  }
  machine_stands_at(newest);
  apply_to_ = std::min(std::max(log_->known_commit(), newest), log_->tail().lsn);
  bytes_since_snapshot_ = log_->bytes();
  return apply_until(~Nanos{0});
}

void Member::Impl::machine_stands_at(Lsn lsn) {
  machine_at_ = lsn;
  log_->applied(lsn);
}

Status Member::Impl::apply_until(Nanos deadline) {
  constexpr uint64_t kRecordsBetweenLooks = 32;
  uint64_t count = 0;
  while (machine_lags()) {
    if (const Record* record = log_->recent(next(machine_at_))) {
      machine_.apply(record->lsn, record->payload);
      machine_stands_at(record->lsn);
    } else {
      const auto slice = log_->read(next(machine_at_), apply_to_, kApplyReadBytesMax);
      if (!slice) return slice.error();
      for (const Record& read : slice->records) machine_.apply(read.lsn, read.payload);
      machine_stands_at(slice->records.back().lsn);
      count += kRecordsBetweenLooks;
    }
    if (++count >= kRecordsBetweenLooks) {
      count = 0;
      if (monotonic_now() >= deadline) break;
    }
  }
  return Status();
}

// A slice a turn: heartbeats must not wait for a long replay.
void Member::Impl::apply_some() {
  if (barrier_ || failure_ || !machine_lags()) return;
  const Status done = apply_until(monotonic_now() + kApplySliceMs * kMillisecond);
  if (!done) log_failed(done.error().text());
}

void Member::Impl::carry_out(Rollback& e) {
  apply_to_ = std::min(apply_to_, e.lsn);
  if (machine_.rollback(e.lsn)) {
    machine_stands_at(std::min(machine_at_, e.lsn));
    return;
  }
  rebuild(e.lsn);
}

// From the newest own snapshot and the log; everything that follows waits until it stands.
void Member::Impl::rebuild(Lsn upto) {
  barrier_ = true;
  log_->load_snapshot(upto, [this, upto](Result<StoredSnapshot> stored) {
    if (failure_) return;
    StoredSnapshot from;
    if (stored) {
      from = std::move(*stored);
    } else if (stored.error().code != Code::kNotFound || log_->base().lsn > Lsn()) {
      return log_failed(stored.error().text());
    }
    const Lsn lsn = from.mark.lsn;
    const Status done = install_now(from);
    if (!done) return give_up("the state cannot be rebuilt: " + done.error().text());
    machine_stands_at(lsn);
    apply_to_ = upto;
    lift_barrier();
  });
}

// --- own snapshots: they bound the log and the time of a start ---

void Member::Impl::consider_snapshot() {
  if (saving_) return;
  const uint64_t after =
      config_.snapshot_after_bytes ? config_.snapshot_after_bytes : kSnapshotAfterLogBytes;
  const bool due = bytes_since_snapshot_ >= std::max(after, snapshot_bytes_);
  if (!due || failure_ || barrier_ || machine_lags() || log_->saving_snapshot()) return;
  const Nanos now = monotonic_now();
  if (now < snapshot_not_before_) return;
  snapshot_not_before_ = now + kSnapshotRetryMs * kMillisecond;
  if (machine_at_ > log_->newest_snapshot()) begin_snapshot();
}

void Member::Impl::begin_snapshot() {
  auto snapshot = machine_.snapshot();
  if (!snapshot || snapshot->lsn <= log_->newest_snapshot()) return;  // later
  CHECK(snapshot->lsn <= machine_at_);
  auto mark = log_->mark_at(snapshot->lsn);
  if (!mark) return log_failed(mark.error().text());
  Saving saving;
  saving.so_far.mark = std::move(*mark);
  saving.source = std::move(snapshot->source);
  saving_.emplace(std::move(saving));
  bytes_since_snapshot_ = 0;
  read_snapshot_on();
}

// A slice a tick.
Result<bool> Member::Impl::read_on(Saving& saving) {
  const Nanos limit = monotonic_now() + kSnapshotSliceUs * (kMillisecond / 1000);
  do {
    Result<std::string> piece = saving.source->next();
    if (!piece) return piece.error();
    if (piece->empty()) return true;
    saving.so_far.chunks.push_back(std::move(*piece));
  } while (monotonic_now() < limit);
  return false;
}

// When all is read, the disk's thread takes over.
void Member::Impl::read_snapshot_on() {
  const Result<bool> whole = read_on(*saving_);
  if (!whole) {
    log::info("an own snapshot is given up: " + whole.error().text());
    return saving_.reset();
  }
  if (!*whole) return;
  StoredSnapshot stored = std::move(saving_->so_far);
  saving_.reset();
  // The log may have been replaced or cut back since.
  if (failure_ || stored.mark.lsn <= log_->newest_snapshot()) return;
  if (stored.mark.lsn > log_->tail().lsn) return;
  snapshot_bytes_ = stored.bytes();
  log_->save_snapshot(std::move(stored), [this](const Status& saved) {
    if (!saved.ok()) event("snapshot-failed", saved.error().text());
    trim_log();
  });
}

// Followers that are connected keep what they still need, up to a bound.
void Member::Impl::trim_log() {
  if (failure_) return;
  const Lsn before = log_->base().lsn;
  Lsn limit = std::min(core_->trim_limit(), machine_at_);
  if (log_->bytes() > kLogBytesMax) limit = std::min(core_->applied(), machine_at_);
  if (log_->bytes() <= kTransferLogBytesMax) limit = std::min(limit, needed_by_transfers());
  log_->trim(limit);
  if (log_->base().lsn == before) return;
  LogTrimmed trimmed;
  trimmed.base = log_->base().lsn;
  feed(trimmed);
}

}  // namespace multiaz::replication
