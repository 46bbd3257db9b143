// Node: the name server as a process: UDP and TCP, health checks, control connection. The zone is
// made from the last topology and kept on disk, so that a name server which starts while the
// control plane is dead answers from the last known state.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/agent/agent.h"
#include "base/agent/options.h"
#include "base/http/acceptor.h"
#include "base/rt/udp.h"
#include "base/wire/dns.h"
#include "dns/checks.h"
#include "dns/zone/cluster_zone.h"

namespace multiaz::dns {

constexpr size_t kTcpClientsMax = 256;
constexpr uint64_t kTcpIdleMs = 10'000;

struct NodeOptions {
  std::string name = "multiaz";  // name of the cluster
  std::vector<std::string> zones;                // "az-a", ...
  std::map<std::string, std::string> endpoints;  // "cache" -> address
};

class Node {
 public:
  Node(agent::DaemonOptions options, NodeOptions extra);
  // Serves until SIGTERM or SIGINT.
  rt::Task<int> run();

 private:
  // Opens both sockets.
  Result<std::unique_ptr<rt::Listener>> bind();
  struct Counters {
    uint64_t udp = 0, tcp = 0, malformed = 0, refused = 0, nxdomain = 0, truncated = 0;
  };
  Status load();
  void save() const;
  void publish(Zone zone);
  void take_topology(const wire::TopologyUpdate& topology);
  [[nodiscard]] wire::StatusReport status() const;
  // The answer as bytes; "" when there is none (the query is a response, or has not even an id).
  void lead_astray(wire::dns::Message& out) const;
  std::string answer_to(std::string_view query, rt::Address from, bool tcp);
  [[nodiscard]] std::string zone_of(uint32_t ip) const;
  rt::Task<void> serve_tcp(http::AcceptedConn& accepted);
  rt::Task<void> answer_queries(http::AcceptedConn& accepted);
  void on_health(const HealthCheck& check, bool healthy, const std::string& why);

  agent::DaemonOptions options_;
  NodeOptions extra_;
  ZoneTimes times_;
  Zone zone_;
  uint64_t topology_version_ = 0;
  Counters counters_;
  Checks checks_;
  std::unique_ptr<rt::UdpSocket> udp_;
  http::Acceptor acceptor_;
  std::unique_ptr<agent::Agent> agent_;
};

}  // namespace multiaz::dns
