// Node: one enginenode process with its engine, listeners, link to the other members, and agent.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/agent/agent.h"
#include "base/agent/options.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/role_listeners.h"
#include "base/rt/sync.h"
#include "enginenode/engine.h"
#include "enginenode/link.h"
#include "enginenode/member/member.h"
#include "enginenode/relay.h"

namespace multiaz::enginenode {

struct NodeOptions {
  agent::DaemonOptions daemon;
  std::string engine;  // "redis", "postgres"
  EngineConfig config;
  replication::Timings timings;
};

class Node {
 public:
  explicit Node(NodeOptions options);

  Status open();
  // Serves until SIGTERM, SIGINT or the failure of the engine; returns the exit code.
  rt::Task<int> run();

 private:
  [[nodiscard]] bool is_cache() const { return options_.engine == "redis"; }
  Status open_source();
  void make_agent();
  rt::Task<void> accept_from_engine();
  rt::Task<void> welcome(rt::ListenerKind door, std::unique_ptr<rt::Conn> conn);
  [[nodiscard]] bool may(rt::ListenerKind door) const;
  void tend_doors();

  rt::Task<void> tend_engine();
  rt::Task<Status> carry_out(Orders orders);
  void ask(const replication::RequestView& request);
  void on_view(const wire::ViewUpdate& update);
  [[nodiscard]] wire::StatusReport report() const;
  void end_with(int code);

  NodeOptions options_;
  std::string tier_;
  Member member_;
  std::unique_ptr<Engine> engine_;
  Relay relay_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<rt::Listener> source_;  // the engine's connections to its primary come in here
  std::unique_ptr<agent::Agent> agent_;
  rt::Nursery nursery_;
  std::unique_ptr<rt::RoleListeners> doors_;
  rt::Timer doors_timer_;
  rt::Notify news_;  // notified when a view has come
  rt::Mailbox<int> end_{4};
  bool draining_ = false;
};

}  // namespace multiaz::enginenode
