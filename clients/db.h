// The database as the shop sees it: a primary for writes and exact reads, a replica for browsing.
#pragma once

#include <memory>
#include <optional>

#include "base/core/clock.h"
#include "base/rt/nursery.h"
#include "base/rt/task.h"
#include "clients/db_pool.h"

namespace multiaz::clients {

// How long browsing waits for the replica before it asks the primary.
constexpr uint64_t kReplicaPatienceMs = 300;
constexpr uint64_t kNoPosition = ~uint64_t{0};  // newer than any replica can be

class Db {
 public:
  Db(DbPoolConfig primary, std::optional<DbPoolConfig> replica);

  void start(rt::Nursery& nursery);
  // Runs the batch on the primary, sent in one flight. Errors are those of DbPool::execute().
  rt::Task<Result<RowSets>> run(Batch batch, Nanos until);
  rt::Task<Result<RowSets>> transaction(Batch batch, Nanos until);
  // Reads that may be a little old: from the replica, or from the primary when the replica is away
  // or does not have the tables yet. Every error is definite.
  rt::Task<Result<RowSets>> browse(Batch batch, Nanos until);

  // Like browse(), but at least as new as `position`: when the replica is behind, the primary is
  // asked. 0 accepts any state.
  rt::Task<Result<RowSets>> browse_since(Batch batch, uint64_t position, Nanos until);
  // The position of the primary's last commit, for browse_since(). kNoPosition when it gives no
  // answer.
  rt::Task<uint64_t> position(Nanos until);

  [[nodiscard]] uint64_t replica_reads() const { return replica_reads_; }
  [[nodiscard]] uint64_t replica_behind() const { return replica_behind_; }
  void drop_primary() { primary_.drop(); }
  // Drops the connections, to free the buffers that one large batch has left.
  void shed_primary() { primary_.drop(); }
  [[nodiscard]] const DbPool& primary() const { return primary_; }
  [[nodiscard]] const DbPool* replica() const { return replica_.get(); }

 private:
  DbPool primary_;
  std::unique_ptr<DbPool> replica_;
  uint64_t replica_reads_ = 0, replica_behind_ = 0;  // counted by browse_since
};

}  // namespace multiaz::clients
