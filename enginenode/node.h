// Node: one enginenode process: the engine, its doors, the link to the other members, the agent.
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
  // Serves until SIGTERM, SIGINT, or until the engine fails; gives the exit code.
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
  std::unique_ptr<rt::Listener> source_;  // our engine's way to the primary
  std::unique_ptr<agent::Agent> agent_;
  rt::Nursery nursery_;
  std::unique_ptr<rt::RoleListeners> doors_;
  rt::Timer doors_timer_;
  rt::Notify news_;  // a view has come
  rt::Mailbox<int> end_{4};
  Nanos answered_at_ = 0;  // the engine's last look
  std::string told_;       // the last problem that was logged
  bool draining_ = false;
};

}  // namespace multiaz::enginenode
