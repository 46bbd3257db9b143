// The database as the shop sees it: a primary for everything that counts, a replica for browsing.
#pragma once

#include <memory>
#include <optional>

#include "base/core/clock.h"
#include "base/rt/nursery.h"
#include "base/rt/task.h"
#include "clients/db_pool.h"

namespace multiaz::clients {

// Browsing waits for the replica no longer than this before it asks the primary.
constexpr uint64_t kReplicaPatienceMs = 300;
constexpr uint64_t kNoPosition = ~uint64_t{0};  // no replica is as new as that

class Db {
 public:
  Db(DbPoolConfig primary, std::optional<DbPoolConfig> replica);

  void start(rt::Nursery& nursery);
  // On the primary, sent in one flight. Errors: DbPool::execute().
  rt::Task<Result<RowSets>> run(Batch batch, Nanos until);
  rt::Task<Result<RowSets>> transaction(Batch batch, Nanos until);
  // Reads that may be a little old: from the replica, or from the primary when the replica is
  // away or has not got the tables yet. Every error is definite.
  rt::Task<Result<RowSets>> browse(Batch batch, Nanos until);

  // As browse(), but at least as new as `position`: when the replica is behind, the primary is
  // asked. 0 = anything.
  rt::Task<Result<RowSets>> browse_since(Batch batch, uint64_t position, Nanos until);
  // Of what the primary has committed: for browse_since(). kNoPosition when it does not answer.
  rt::Task<uint64_t> position(Nanos until);

  [[nodiscard]] uint64_t replica_reads() const { return replica_reads_; }
  [[nodiscard]] uint64_t replica_behind() const { return replica_behind_; }
  void drop_primary() { primary_.drop(); }
  // Gives up the connections with the buffers that one large batch has left.
  void shed_primary() { primary_.drop(); }
  void drop_replica();
  [[nodiscard]] const DbPool& primary() const { return primary_; }
  [[nodiscard]] const DbPool* replica() const { return replica_.get(); }

 private:
  DbPool primary_;
  std::unique_ptr<DbPool> replica_;
  uint64_t replica_reads_ = 0, replica_behind_ = 0;  // of browse_since
};

}  // namespace multiaz::clients
