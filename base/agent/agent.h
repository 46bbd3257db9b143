// Agent: a daemon's one connection to the orchestrator. It says hello with proof of the cluster
// key, reports status at a steady pace, sends events and view requests, and delivers topology and
// views to the daemon. It always reconnects, and nothing stops while the orchestrator is gone
// (static stability). Link faults of a topology go straight to the fabric.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/core/result.h"
#include "base/rt/address.h"
#include "base/rt/stop.h"
#include "base/rt/task.h"
#include "base/wire/control_types.h"

namespace multiaz::agent {

constexpr uint64_t kReportIntervalMs = 100;
constexpr uint64_t kReconnectMs = 50;
// kept while the orchestrator is away; the oldest is dropped first
constexpr size_t kEventsQueuedMax = 256;

struct AgentConfig {
  std::string cluster, key_hex, id, tier, zone;
  rt::Address self;
  rt::Address control;
  uint64_t launch = 0;
  std::string incarnation;  // set for a replication member, otherwise ""
};

struct AgentHandlers {
  // All callbacks run on the loop and must not block. Each but `status` may be empty.
  std::function<wire::StatusReport()> status;  // id and launch are filled in by the agent
  std::function<void(const wire::TopologyUpdate&)> on_topology;
  std::function<void(const wire::ViewUpdate&)> on_view;
  std::function<void(const wire::HandOver&)> on_hand_over;
  std::function<void(const wire::TakeSnapshot&)> on_take_snapshot;
  std::function<void()> on_drain;
};

class Agent {
 public:
  Agent(AgentConfig config, AgentHandlers handlers);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Runs until `stop`. REQUIRES: the Agent outlives it.
  rt::Task<void> run(rt::Stop& stop);

  bool connected() const;
  // Sends a status report before its time, because a role has changed.
  void report_now();
  // The event is queued while disconnected; its `t_ns` is the time of this call.
  void event(std::string kind, std::string text, wire::Texts fields = {});
  // False when disconnected: the request is dropped then, and the caller asks again.
  bool request_view(const wire::ViewRequest& request);
  bool ack_view(const wire::ViewAck& ack);
  bool snapshot_taken(const wire::SnapshotTaken& taken);
  void set_incarnation(std::string incarnation);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace multiaz::agent
