// Server: the cache at its address: it puts together what serves clients, and answers what commands
// may ask about it (Host).
//
//   connections.h    the sessions, and replies that wait for commits
//   access.h         what the role and the lease allow; the listeners that follow them
//   session_loop.h   the loop of one connection
//   housekeeping.h   expiry, idle connections, log lines
//   group_view.h     what commands may ask about the group
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/clock.h"
#include "base/rt/nursery.h"
#include "cachenode/access.h"
#include "cachenode/commands/dispatcher.h"
#include "cachenode/connections.h"
#include "cachenode/group_view.h"
#include "cachenode/housekeeping.h"
#include "cachenode/machine.h"
#include "cachenode/runner.h"
#include "cachenode/session_loop.h"

namespace multiaz::cachenode {

class Server : public Host {
 public:
  // REQUIRES: all arguments outlive the server. It sets the machine's hooks.
  Server(Settings settings, Database& db, Machine& machine, replication::Group& group);
  ~Server() override;

  // Binds and starts to serve; kIo when the address is taken.
  Status start(rt::Address address);
  rt::Address listening() const { return access_.address(); }
  // Closes listeners and connections (waiting replies get an error) and waits for them to end.
  rt::Task<void> stop();
  // Accepts no new connections through the endpoints.
  void drain() { access_.drain(); }
  // Sets the addresses of the group's members, by id.
  void learn_addresses(std::map<std::string, rt::Address> addresses) {
    group_.learn_addresses(std::move(addresses));
  }

  // Implementation of Host.
  const Settings& settings() const override { return settings_; }
  Stats& stats() override { return stats_; }
  GroupFacts group() const override { return group_.facts(); }
  std::string address() const override { return listening().text(); }
  uint64_t uptime_s() const override;
  std::vector<const Client*> clients() const override;
  size_t replicas_with(Lsn lsn) const override { return group_.replicas_with(lsn); }
  void auth_failed(const Client& client) override;

 private:
  void on_accept(rt::ListenerKind listener, std::unique_ptr<rt::Conn> conn);
  void on_role(replication::Role role, std::string_view reason);

  const Settings settings_;
  Machine& machine_;
  GroupView group_;
  Dispatcher dispatcher_;
  Runner runner_;
  Stats stats_;
  rt::Nursery nursery_;
  Connections connections_;
  Access access_;
  Housekeeping housekeeping_;
  SessionLoop loop_;
  bool stopping_ = false;
  Nanos started_ = 0;
};

}  // namespace multiaz::cachenode
