#include "replication/sim/node_disk.h"

#include <fmt/format.h>

#include <utility>

#include "replication/sim/node.h"
#include "replication/sim/world.h"

namespace multiaz::replication::sim {

void NodeDisk::store_view(const View& view) {
  const Nanos delay = node_.world().settings().persist_delay.draw(node_.world().fate().random());
  if (delay == 0 && !node_.world().exploring()) {
    node_.disk_.view = view;
    return node_.driver().done(ViewStored{view});
  }
  node_.later(delay, [this, view] {
    node_.disk_.view = view;
    node_.driver().done(ViewStored{view});
  });
}

void NodeDisk::append(std::vector<Record> records, Lsn committed) {
  (void)committed;  // only a real file format needs it
  node_.disk_.append(std::move(records));
  if (node_.world().settings().durability == Durability::kMemory)
    node_.disk_.write_done(node_.disk_.tail());
}

void NodeDisk::truncate(Lsn after) {
  node_.world().cover("log truncated");
  ++generation_;
  node_.disk_.truncate(after);
  if (node_.state().size() > after.raw)
    return node_.world().checker().violate(
        "state-ahead-of-log", fmt::format("{} has a state at {} and drops its log after {}",
                                          node_.id().raw, node_.state().size(), after.raw));
  const Nanos delay = node_.world().settings().truncate_delay.draw(node_.world().fate().random());
  const auto done = [this] {
    node_.driver().done(Truncated{node_.disk_.mark_at(node_.disk_.tail())});
  };
  if (delay == 0)
    done();
  else
    node_.later(delay, done);
}

void NodeDisk::install(const Mark& mark, const Values& state) {
  ++generation_;
  node_.disk_.install(mark, state);
}

void NodeDisk::process_ended() {
  ++generation_;
  writing_ = syncing_ = fail_sync_ = false;
}

void NodeDisk::start_write() {
  if (writing_ || node_.disk_.written() == node_.disk_.tail()) return;
  writing_ = true;
  const Lsn upto = node_.disk_.tail();
  node_.later(node_.world().settings().write_delay.draw(node_.world().fate().random()) + extra_,
              [this, generation = generation_, upto] { write_finished(generation, upto); });
}

void NodeDisk::write_finished(uint64_t generation, Lsn lsn) {
  writing_ = false;
  if (generation == generation_) {
    node_.disk_.write_done(lsn);
    node_.driver().answer(Appended{lsn, epoch_at(node_.disk_.mark_at(lsn).history, lsn)});
  }
  start_write();
  start_sync();
}

void NodeDisk::start_sync() {
  if (syncing_ || node_.world().settings().durability != Durability::kDisk) return;
  if (node_.disk_.synced() == node_.disk_.written()) return;
  syncing_ = true;
  const Lsn upto = node_.disk_.written();
  node_.later(node_.world().settings().sync_delay.draw(node_.world().fate().random()) + extra_,
              [this, generation = generation_, upto] { sync_finished(generation, upto); });
}

void NodeDisk::sync_finished(uint64_t generation, Lsn lsn) {
  syncing_ = false;
  if (std::exchange(fail_sync_, false)) {
    sync_failed();
    if (!node_.up()) return;
    node_.disk_.sync_done(lsn);  // the second fdatasync reports success
  } else if (generation == generation_) {
    node_.disk_.sync_done(lsn);
    node_.driver().answer(Persisted{lsn, epoch_at(node_.disk_.mark_at(lsn).history, lsn)});
  }
  start_sync();
}

void NodeDisk::sync_failed() {
  constexpr const char* kWhy = "fdatasync: EIO";
  node_.disk_.sync_failed();
  node_.world().cover("fsync failed");
  if (node_.world().settings().bug == Bug::kRetryFsync)
    node_.driver().answer(LogFailed{kWhy});
  else
    node_.driver().log_failed(kWhy);
}

}  // namespace multiaz::replication::sim
