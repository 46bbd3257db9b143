#include "replication/member/log_disk.h"

#include <utility>

#include "base/faults/inner_faults.h"

namespace multiaz::replication {

Status LogDisk::open() {
  LogOptions options;
  options.folder = shared_.config.data_dir;
  options.durability = shared_.config.durability;
  options.storage = shared_.config.storage;
  options.believe_second_sync = shared_.config.bug == Bug::kRetryFsync;
  options.wake = [wakeup = shared_.wakeup.get()] { wakeup->signal(); };
  auto log = Log::open(std::move(options));
  if (!log) return log.error();
  shared_.log = std::move(*log);
  shared_.log->on_failed = [this](const std::string& why) { shared_.driver->log_failed(why); };
  shared_.log->on_stable = [this](Lsn lsn, Epoch epoch) { stable(lsn, epoch); };
  return Status();
}

void LogDisk::stable(Lsn lsn, Epoch epoch) {
  if (shared_.config.durability == Durability::kDisk) {
    shared_.driver->answer(Persisted{lsn, epoch});
  } else {
    shared_.driver->answer(Appended{lsn, epoch});
  }
}

void LogDisk::store_view(const View& view) {
  // The links to the members of a view exist before any message is sent in it.
  shared_.links->set_peers(addresses_.peers(shared_.driver->core().view(), shared_.config.id));
  Meta meta = shared_.log->meta();
  meta.view = view;
  meta.addresses = addresses_.stored();
  shared_.log->persist_meta(std::move(meta), [this, view](const Status&) {
    shared_.driver->done(ViewStored{view});
  });
}

void LogDisk::append(std::vector<Record> records, Lsn committed) {
  snapshots_.appended(records);
  shared_.log->append(std::move(records), committed);
  fault_point("after_local_append");
}

void LogDisk::truncate(Lsn after) {
  shared_.log->truncate_after(
      after, [this](const Status&) { shared_.driver->done(Truncated{shared_.log->tail()}); });
}

}  // namespace multiaz::replication
