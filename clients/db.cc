#include "clients/db.h"

#include <algorithm>
#include <utility>

namespace multiaz::clients {

Db::Db(DbPoolConfig primary, std::optional<DbPoolConfig> replica) : primary_(std::move(primary)) {
  if (replica) replica_ = std::make_unique<DbPool>(std::move(*replica));
}

void Db::start(rt::Nursery& nursery) {
  primary_.start(nursery);
  if (replica_) replica_->start(nursery);
}

rt::Task<Result<RowSets>> Db::run(Batch batch, Nanos until) {
  Result<RowSets> rows = co_await primary_.execute(std::move(batch), false, until);
  co_return rows;
}

rt::Task<Result<RowSets>> Db::transaction(Batch batch, Nanos until) {
  Result<RowSets> rows = co_await primary_.execute(std::move(batch), true, until);
  co_return rows;
}

rt::Task<Result<RowSets>> Db::browse(Batch batch, Nanos until) {
  if (replica_ && replica_->healthy()) {
    const Nanos patience = monotonic_now() + kReplicaPatienceMs * kMillisecond;
    Result<RowSets> rows = co_await replica_->execute(batch, false, std::min(patience, until));
    if (rows) co_return rows;
  }
  Result<RowSets> rows = co_await primary_.execute(std::move(batch), false, until);
  if (rows || rows.error().code != Code::kTimeout) co_return rows;
  co_return Error(Code::kUnavailable, rows.error().detail);
}

void Db::drop_replica() {
  if (replica_) replica_->drop();
}

}  // namespace multiaz::clients
