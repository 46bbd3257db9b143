#include "dbnode/database.h"

#include "base/core/log.h"
#include "base/rt/loop.h"
#include "dbnode/store/image.h"

namespace multiaz::dbnode {

namespace {

class Source : public replication::SnapshotSource {
 public:
  explicit Source(store::PageStore& store) : reader_(store, replication::kSnapshotPieceBytes) {}
  Lsn lsn() const { return reader_.lsn(); }
  Result<std::string> next() override { return reader_.next(); }

 private:
  store::ImageReader reader_;
};

class Sink : public replication::SnapshotSink {
 public:
  Sink(store::PageStore& store, Lsn lsn) : loader_(store, lsn) {}
  Status add(std::string_view piece) override { return loader_.add(piece); }
  Status finish() override { return loader_.finish(); }

 private:
  store::ImageLoader loader_;
};

}  // namespace

Database::Database(uint64_t bytes_max) : store_(bytes_max), vfs_(store_) {}

rt::Task<bool> Database::wait_committed(Lsn lsn) {
  if (store_.committed() >= lsn) co_return true;
  Waiter waiter;
  waiters_.emplace(lsn, &waiter);
  co_await waiter.wait;
  co_return !waiter.lost;
}

// A record that does not fit means that this member's pages differ from the group's: such damage
// ends the process and is not served.
void Database::apply(Lsn lsn, std::string_view payload) {
  const Status applied = store_.apply(lsn, payload);
  if (!applied) log::error("record " + std::to_string(lsn.raw) + ": " + applied.error().text());
  CHECK_NOTE(applied.ok(), "a committed record does not fit this database");
}

void Database::committed(Lsn lsn) {
  store_.commit(lsn);
  if (!waiters_.empty() && waiters_.begin()->first <= lsn) wake_later();
}

Result<replication::Snapshot> Database::snapshot() {
  auto source = std::make_unique<Source>(store_);
  replication::Snapshot out;
  out.lsn = source->lsn();
  out.source = std::move(source);
  return out;
}

std::unique_ptr<replication::SnapshotSink> Database::install(Lsn lsn) {
  return std::make_unique<Sink>(store_, lsn);
}

bool Database::rollback(Lsn lsn) {
  if (lsn < store_.committed()) return false;
  store_.rollback(lsn);
  return true;
}

void Database::role_changed(replication::Role role, Epoch epoch, std::string_view reason) {
  if (role != replication::Role::kPrimary) give_up();
  if (on_role_) on_role_(role, epoch, reason);
}

void Database::give_up() {
  const Lsn committed = store_.committed();
  for (auto& [lsn, waiter] : waiters_) waiter->lost = lsn > committed;
  if (!waiters_.empty()) wake_later();
}

// Deferred to the loop's next turn, because waiting sessions must not run inside a call from the
// group.
void Database::wake_later() {
  if (waking_) return;
  waking_ = true;
  rt::defer([this] { wake(); });
}

void Database::wake() {
  waking_ = false;
  const Lsn committed = store_.committed();
  std::vector<Waiter*> ready;
  for (auto it = waiters_.begin(); it != waiters_.end();) {
    if (it->first > committed && !it->second->lost) {
      ++it;
      continue;
    }
    ready.push_back(it->second);
    it = waiters_.erase(it);
  }
  for (Waiter* waiter : ready) waiter->wait.wake();
}

}  // namespace multiaz::dbnode
