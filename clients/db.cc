#include "clients/db.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace multiaz::clients {

namespace {

// Reads "16/B374D848"; 0 for anything else, such as the NULL of a server that replays nothing.
uint64_t position_from(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return 0;
  uint64_t high = 0, low = 0;
  const auto first = std::from_chars(text.data(), text.data() + slash, high, 16);
  const auto second = std::from_chars(text.data() + slash + 1, text.data() + text.size(), low, 16);
  if (first.ec != std::errc() || second.ec != std::errc()) return 0;
  return high << 32 | low;
}

}  // namespace

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

rt::Task<Result<RowSets>> Db::browse_since(Batch batch, uint64_t position, Nanos until) {
  if (position == 0) {
    Result<RowSets> any = co_await browse(std::move(batch), until);
    co_return any;
  }
  if (replica_ && replica_->healthy() && position != kNoPosition) {
    // The position is asked for first, so the data that follows is at least as new.
    Batch with_position;
    with_position.push_back(Statement("SELECT pg_last_wal_replay_lsn()"));
    with_position.insert(with_position.end(), batch.begin(), batch.end());
    const Nanos patience = monotonic_now() + kReplicaPatienceMs * kMillisecond;
    Result<RowSets> rows =
        co_await replica_->execute(std::move(with_position), false, std::min(patience, until));
    if (rows && position_from(rows->front().view(0, 0)) >= position) {
      ++replica_reads_;
      rows->erase(rows->begin());
      co_return rows;
    }
    ++replica_behind_;
  }
  Result<RowSets> rows = co_await primary_.execute(std::move(batch), false, until);
  if (rows || rows.error().code != Code::kTimeout) co_return rows;
  co_return Error(Code::kUnavailable, rows.error().detail);
}

rt::Task<uint64_t> Db::position(Nanos until) {
  if (!replica_) co_return 0;
  Batch batch;
  batch.push_back(Statement("SELECT pg_current_wal_lsn()"));
  const Result<RowSets> rows = co_await primary_.execute(std::move(batch), false, until);
  const uint64_t position = rows ? position_from(rows->front().view(0, 0)) : 0;
  co_return position == 0 ? kNoPosition : position;
}

}  // namespace multiaz::clients
