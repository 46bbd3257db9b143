// The cache as the shop sees it: commands in, replies out, carried over failovers.
//
// There are two connections, because reads must not wait behind writes, which are answered only
// after replication. Every command must be safe to execute twice (see cache_lane.h).
#pragma once

#include <string_view>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/rt/nursery.h"
#include "base/rt/task.h"
#include "clients/cache_lane.h"

namespace multiaz::clients {

class Cache {
 public:
  // Without a host in the URL there is no cache: every call fails at once, and definitely.
  explicit Cache(const CacheConfig& config)
      : there_(!config.url.host.empty()), reads_(config), writes_(config) {}

  // Spawns the connections; they end when the nursery is stopped.
  void start(rt::Nursery& nursery);

  // One reply for each command. Every error is definite: a read that fails has changed nothing.
  rt::Task<Result<Replies>> read(Commands commands, Nanos until);
  // Executes all commands or none (MULTI/EXEC when there are several); one reply for each.
  // kUnavailable, kLimit: certainly not executed. kTimeout: in doubt. kInternal: refused.
  rt::Task<Result<Replies>> write(Commands commands, Nanos until);

  // Drops the connections because the primary has changed.
  void drop(std::string_view why);
  [[nodiscard]] bool up() const { return reads_.up() && writes_.up(); }
  // For how long it has been down; 0 when it is up, or never was.
  [[nodiscard]] uint64_t away_ms() const;
  [[nodiscard]] bool circuit_open() const {
    return reads_.circuit_open() || writes_.circuit_open();
  }
  [[nodiscard]] CacheStats stats() const;

 private:
  bool there_;
  CacheLane reads_, writes_;
};

}  // namespace multiaz::clients
