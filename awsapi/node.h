// Node: the AWS APIs as a process. It is stateless: all data is in the database, so it may be
// killed at any time, and several may run.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "awsapi/auth.h"
#include "awsapi/dynamodb/service.h"
#include "awsapi/dynamodb/sql_store.h"
#include "base/agent/agent.h"
#include "base/agent/options.h"
#include "base/http/server.h"

namespace multiaz::awsapi {

constexpr uint64_t kSweepEveryMs = 1000;  // how often expired items are removed

struct NodeOptions {
  std::string database_url, database_replica_url;
  AuthRules auth;
  std::function<int64_t()> wall_now_ms;  // empty takes the system's clock
};

class Node {
 public:
  Node(agent::DaemonOptions options, NodeOptions extra);
  // Serves until SIGTERM or SIGINT.
  rt::Task<int> run();

 private:
  // Judges a head whose body is still to come: the refusal, or nullopt.
  std::optional<http::Response> refuse_early(const http::Request& head);
  rt::Task<http::Response> handle(http::Request request);
  rt::Task<http::Response> dynamodb_call(http::Request request);
  [[nodiscard]] int64_t wall_ms() const;
  rt::Task<void> prepare(rt::Stop& stop);
  rt::Task<void> sweep(rt::Stop& stop);
  [[nodiscard]] wire::StatusReport status() const;

  agent::DaemonOptions options_;
  NodeOptions extra_;
  clients::Db db_;
  dynamodb::SqlStore store_;
  dynamodb::Service dynamodb_;
  http::Server server_;
  std::unique_ptr<agent::Agent> agent_;
  bool ready_ = false, draining_ = false;
  uint64_t requests_ = 0, errors_ = 0, expired_ = 0;
};

}  // namespace multiaz::awsapi
