#include "cachenode/machine.h"

#include <algorithm>

#include "base/core/check.h"
#include "cachenode/keyspace/snapshot.h"

namespace multiaz::cachenode {

void Machine::apply(Lsn lsn, std::string_view payload) {
  CHECK_NOTE(lsn == next(settled_), "records must come without gaps");
  const Status applied = db_.journal().apply(payload);
  CHECK_NOTE(applied.ok(), applied.error().detail);  // the log has checked its bytes already
  settled_ = lsn;
  db_.journal().committed(lsn);
}

void Machine::committed(Lsn lsn) {
  settled_ = std::max(settled_, lsn);
  db_.journal().committed(lsn);
  if (hooks_.committed) hooks_.committed(lsn);
}

Result<replication::Snapshot> Machine::snapshot() {
  replication::Snapshot out;
  out.epoch = epoch_;
  out.lsn = settled_;
  db_.journal().without_uncommitted(
      [&] { out.chunks = write_snapshot(db_.keys(), replication::kSnapshotChunkBytesMax); });
  return out;
}

Status Machine::install(const replication::Snapshot& snapshot) {
  Keyspace fresh(db_.keys().seed());
  const Status read = read_snapshot(snapshot.chunks, fresh);
  if (!read) return read;
  db_.replace(std::move(fresh), snapshot.lsn);
  settled_ = snapshot.lsn;
  return Status();
}

bool Machine::rollback(Lsn lsn) {
  if (lsn < settled_) return false;
  db_.journal().rollback(lsn);
  return true;
}

void Machine::role_changed(replication::Role role, Epoch epoch, std::string_view reason) {
  role_ = role;
  epoch_ = epoch;
  if (hooks_.role_changed) hooks_.role_changed(role, reason);
}

}  // namespace multiaz::cachenode
