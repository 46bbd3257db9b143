// Node: a web instance as a process: server, clients, control connection, drain.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/agent/agent.h"
#include "base/agent/options.h"
#include "base/http/server.h"
#include "base/rt/nursery.h"
#include "webnode/app.h"
#include "webnode/shop/shop.h"

namespace multiaz::webnode {

class Node {
 public:
  Node(agent::DaemonOptions options, ShopConfig config);

  // Serves until SIGTERM or SIGINT, then finishes the requests in flight.
  rt::Task<int> run();

 private:
  void drain();
  wire::StatusReport status() const;
  void take_topology(const wire::TopologyUpdate& now);

  agent::DaemonOptions options_;
  Shop shop_;
  App app_;
  http::Server server_;
  std::unique_ptr<agent::Agent> agent_;
  uint64_t topology_version_ = 0;
  std::map<std::string, std::string> primaries_;  // the last known primary of each group
};

}  // namespace multiaz::webnode
