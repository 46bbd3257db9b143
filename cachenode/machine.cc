#include "cachenode/machine.h"

#include <algorithm>
#include <utility>

#include "base/core/check.h"
#include "cachenode/keyspace/snapshot.h"

namespace multiaz::cachenode {

void Machine::apply(Lsn lsn, std::string_view payload) {
  CHECK_NOTE(lsn == next(settled_), "records must come without gaps");
  const Status applied = db_.journal().apply(payload);
  CHECK_NOTE(applied.ok(), applied.error().detail);  // cannot fail: the log has checked the bytes
  settled_ = lsn;
  db_.journal().committed(lsn);
}

void Machine::committed(Lsn lsn) {
  settled_ = std::max(settled_, lsn);
  db_.journal().committed(lsn);
  if (hooks_.committed) hooks_.committed(lsn);
}

class Machine::Source : public replication::SnapshotSource {
 public:
  explicit Source(std::unique_ptr<SnapshotReader> reader) : reader_(std::move(reader)) {}
  Result<std::string> next() override { return reader_->next(); }

 private:
  std::unique_ptr<SnapshotReader> reader_;
};

class Machine::Sink : public replication::SnapshotSink {
 public:
  Sink(Machine& machine, Lsn lsn)
      : machine_(machine), lsn_(lsn), fresh_(machine.db_.keys().seed()), loader_(fresh_) {}
  Status add(std::string_view piece) override { return loader_.add(piece); }
  Status finish() override {
    if (Status read = loader_.finish(); !read) return read;
    machine_.db_.replace(std::move(fresh_), lsn_);
    machine_.settled_ = lsn_;
    return Status();
  }

 private:
  Machine& machine_;
  Lsn lsn_;
  Keyspace fresh_;
  SnapshotLoader loader_;
};

Result<replication::Snapshot> Machine::snapshot() {
  auto reader = SnapshotReader::committed(db_.keys(), db_.journal(),
                                          replication::kSnapshotPieceBytes);
  if (!reader) return Error(Code::kConflict, "an uncommitted command flushes everything");
  replication::Snapshot out;
  out.epoch = epoch_;
  out.lsn = settled_;
  out.source = std::make_unique<Source>(std::move(reader));
  return out;
}

std::unique_ptr<replication::SnapshotSink> Machine::install(Lsn lsn) {
  return std::make_unique<Sink>(*this, lsn);
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
