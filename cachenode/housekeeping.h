// Housekeeping: what the server does by itself, ten times a second: expired keys are removed, idle
// connections closed, and failed authentications logged.
#pragma once

#include <cstdint>
#include <string>

#include "base/rt/loop.h"
#include "cachenode/commands/host.h"
#include "cachenode/connections.h"
#include "cachenode/keyspace/database.h"
#include "cachenode/runner.h"
#include "replication/group.h"

namespace multiaz::cachenode {

class Housekeeping {
 public:
  // REQUIRES: all of them outlive it.
  Housekeeping(const Settings& settings, Database& db, const replication::Group& group,
               Runner& runner, const Connections& connections, Stats& stats);

  void start();
  void stop() { timer_.stop(); }
  // Counts a failed authentication of this peer.
  void auth_failed(const std::string& peer);

 private:
  void turn();
  void expire_keys();
  void close_idle();
  void log_auth_failures();

  const Settings& settings_;
  Database& db_;
  const replication::Group& group_;
  Runner& runner_;
  const Connections& connections_;
  Stats& stats_;
  rt::Timer timer_;
  uint64_t turns_ = 0;
  uint64_t expire_cursor_ = 0;
  uint64_t auth_failures_logged_ = 0;
  std::string auth_failed_peer_;
};

}  // namespace multiaz::cachenode
