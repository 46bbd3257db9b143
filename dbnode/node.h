// Node: the parts of a dbnode process: database, replication group, server, control connection.
#pragma once

#include <memory>
#include <string>

#include "base/agent/options.h"
#include "base/core/result.h"
#include "base/rt/conn.h"
#include "base/rt/stop.h"
#include "base/rt/task.h"
#include "dbnode/server.h"
#include "replication/member.h"

namespace multiaz::dbnode {

// The limits as the flags give them.
struct NodeLimits {
  std::string size_mib = "256";
  std::string connections = "400";
  std::string statement_mib = "256";
  std::string tls_cert, tls_key, force_ssl = "off";
};

class Node {
 public:
  // Opens the data and binds the addresses. With --control it is a member of the group "db";
  // without, it runs alone, in memory only, and every transaction commits at once. kInvalid: bad
  // flags; kIo: an address is in use, or the data folder cannot be used.
  static Result<std::unique_ptr<Node>> open(const agent::DaemonOptions& options,
                                            const NodeLimits& limits);
  ~Node();

  rt::Address address() const { return address_; }
  // Serves until `stop`. An error means that the group gave up: the process must exit with a
  // failure.
  rt::Task<Status> run(rt::Stop& stop);

 private:
  explicit Node(const agent::DaemonOptions& options);
  Status open_group();
  void connect_agent();
  wire::StatusReport status() const;
  rt::Task<void> run_member(rt::Stop& stop);
  rt::Task<void> run_agent(rt::Stop& stop);
  rt::Task<void> run_server(rt::Stop& stop);

  const agent::DaemonOptions options_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<replication::SoloGroup> solo_;
  std::unique_ptr<replication::Member> member_;
  std::unique_ptr<agent::Agent> agent_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<rt::Listener> listener_;
  rt::Address address_;
  Status outcome_;
};

}  // namespace multiaz::dbnode
