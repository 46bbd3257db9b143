#include "replication/member/machine_keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/faults/inner_faults.h"
#include "base/rt/sync.h"

namespace multiaz::replication {

namespace {

constexpr uint64_t kApplySliceMs = 2;      // of one turn of the loop
constexpr uint64_t kInstallSliceUs = 500;  // of a turn, for a received snapshot
constexpr uint64_t kInstallPauseMs = 2;    // then a pause, for other processes of this machine
constexpr uint64_t kApplyReadBytesMax = 1u << 20;
constexpr uint64_t kRecordsBetweenLooks = 32;

}  // namespace

MachineKeeper::MachineKeeper(Shared& shared, SnapshotReceiver& receiver, SnapshotMaker& maker,
                             SnapshotMaker::OnEvent on_event)
    : shared_(shared), receiver_(receiver), maker_(maker), on_event_(std::move(on_event)) {}

// Installs at once: at the start, when no client is served yet, and where nothing else can go on.
Status MachineKeeper::install_now(const StoredSnapshot& stored) {
  const std::unique_ptr<SnapshotSink> sink = shared_.machine.install(stored.mark.lsn);
  for (const std::string& chunk : stored.chunks) {
    if (Status added = sink->add(chunk); !added) return added;
  }
  return sink->finish();
}

Result<Lsn> MachineKeeper::restore() {
  Log& log = *shared_.log;
  const Lsn newest = log.snapshots().newest();
  uint64_t bytes = 0;
  if (newest > Lsn()) {
    auto stored = log.snapshots().load_now(newest);
    if (!stored) return stored.error();
    bytes = stored->bytes();
    if (Status done = install_now(*stored); !done) return done.error();
  }
  maker_.restored(bytes);
  log.applied(newest);
  const Lsn known = std::min(std::max(log.at_open().known_commit, newest), log.tail().lsn);
  return apply_until(newest, known, ~Nanos{0});
}

Result<Lsn> MachineKeeper::apply(Lsn from, Lsn to) {
  return apply_until(from, to, monotonic_now() + kApplySliceMs * kMillisecond);
}

Result<Lsn> MachineKeeper::apply_until(Lsn from, Lsn to, Nanos deadline) {
  Log& log = *shared_.log;
  uint64_t count = 0;
  while (from < to) {
    if (const Record* record = log.recent(next(from))) {
      shared_.machine.apply(record->lsn, record->payload);
      from = record->lsn;
    } else {
      const auto slice = log.read(next(from), to, kApplyReadBytesMax);
      if (!slice) return slice.error();
      for (const Record& read : slice->records) shared_.machine.apply(read.lsn, read.payload);
      from = slice->records.back().lsn;
      count += kRecordsBetweenLooks;
    }
    log.applied(from);
    if (++count >= kRecordsBetweenLooks) {
      count = 0;
      if (monotonic_now() >= deadline) break;
    }
  }
  return from;
}

void MachineKeeper::committed(Lsn lsn) {
  fault_point("after_commit");
  shared_.machine.committed(lsn);
}

// Rebuilds from the newest own snapshot; the driver then applies the log after it again.
void MachineKeeper::rebuild(Lsn upto) {
  shared_.log->snapshots().load(upto, [this](Result<StoredSnapshot> stored) {
    Driver& driver = *shared_.driver;
    if (shared_.failed()) return;
    StoredSnapshot from;
    if (stored) {
      from = std::move(*stored);
    } else if (stored.error().code != Code::kNotFound || shared_.log->base().lsn > Lsn()) {
      return driver.log_failed(stored.error().text());
    }
    const Status done = install_now(from);
    if (!done) return driver.give_up("the state cannot be rebuilt: " + done.error().text());
    driver.done(Rebuilt{from.mark.lsn});
  });
}

// The log comes first: after a crash in between, the whole snapshot or the old state is found.
void MachineKeeper::install(const Mark& mark) {
  const std::shared_ptr<StoredSnapshot> content = receiver_.accepted(mark);
  shared_.log->reset_to(content, [this, content](const Status&) {
    maker_.installed(content->bytes());
    shared_.nursery.spawn("install a snapshot", install_in_slices(content));
  });
}

// Installs in slices, because links must not fall silent. Pieces are freed as they are used, unless
// the log keeps them.
rt::Task<void> MachineKeeper::install_in_slices(std::shared_ptr<StoredSnapshot> content) {
  const Lsn lsn = content->mark.lsn;
  const std::unique_ptr<SnapshotSink> sink = shared_.machine.install(lsn);
  Status done;
  Nanos slice = monotonic_now();
  for (std::string& chunk : content->chunks) {
    done = sink->add(chunk);
    if (!done) break;
    if (shared_.log->in_files()) chunk = std::string();
    if (monotonic_now() < slice + kInstallSliceUs * 1000) continue;
    co_await rt::sleep_ms(kInstallPauseMs);
    if (shared_.failed() || shared_.nursery.stopping().requested()) co_return;
    slice = monotonic_now();
  }
  if (done) done = sink->finish();
  if (!done) {
    shared_.driver->give_up("a received snapshot does not fit: " + done.error().text());
    co_return;
  }
  on_event_("snapshot-installed", fmt::format("the state stands at {}", lsn.raw));
  shared_.driver->done(Installed{lsn});
}

}  // namespace multiaz::replication
