// Node: one cachenode process: database, group, server and agent, wired together.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/agent/agent.h"
#include "base/agent/options.h"
#include "base/rt/nursery.h"
#include "base/rt/stop.h"
#include "base/rt/sync.h"
#include "cachenode/machine.h"
#include "cachenode/server.h"
#include "replication/group.h"
#include "replication/member.h"

namespace multiaz::cachenode {

struct NodeOptions {
  agent::DaemonOptions daemon;
  Settings settings;
  replication::Durability durability = replication::Durability::kOs;
  replication::Bug bug = replication::Bug::kNone;
};

class Node {
 public:
  explicit Node(NodeOptions options);

  // Opens the group with its data, and listens on the own address.
  Status open();
  // Serves until SIGTERM or SIGINT, or until the group fails; returns the exit code.
  rt::Task<int> run();

 private:
  Status open_member();
  rt::Task<void> run_member();
  void end_with(int code);
  wire::StatusReport report() const;
  void on_topology(const wire::TopologyUpdate& topology);

  NodeOptions options_;
  Database db_;
  Machine machine_;
  std::unique_ptr<replication::Member> member_;   // set in a cluster
  std::unique_ptr<replication::SoloGroup> solo_;  // set when the node runs alone
  std::unique_ptr<Server> server_;
  std::unique_ptr<agent::Agent> agent_;
  bool ready_ = false;
  bool draining_ = false;
  rt::Stop stop_, agent_stop_;
  rt::Nursery nursery_, control_;
  rt::Mailbox<int> end_{4};
};

}  // namespace multiaz::cachenode
