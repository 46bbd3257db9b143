// The simulated machine: a supervisor and the processes of the instances. Each has a control
// connection and as much of a daemon's behaviour as the control plane can see.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/wire/control.h"
#include "orchestrator/plan/plan.h"
#include "orchestrator/sim/members.h"
#include "replication/sim/pipe.h"

namespace multiaz::orchestrator::sim {

class World;

struct Process {
  std::string id, tier, zone;
  uint64_t launch = 0;
  int64_t pid = 0;
  bool alive = false, stopped = false;
  bool mute = false;      // an app that sends no reports
  bool ready = false;     // it serves; a mute one listens
  bool sick = false;      // the load balancers find it unhealthy
  bool stubborn = false;  // ignores SIGTERM
  bool terminating = false;
  bool linked = false;  // has a control connection
  uint64_t links = 0;   // how many connections it has had
  Nanos started_at = 0;
  Nanos changed_at = 0;        // when it last ended, stopped or continued
  Nanos unhindered_since = 0;  // when it last started, connected, continued or had its cut healed
  Nanos said_at = 0;           // when it last sent a report that nothing held up
  uint64_t topology_version = 0;
  std::vector<std::string> targets;         // of a load balancer
  std::vector<wire::ControlMessage> inbox;  // messages that wait while it is stopped
  MemberLife member;
};

class Machine {
 public:
  explicit Machine(World& world) : world_(world), members_(world) {}

  // --- the supervisor
  void spawn(const PlannedInstance& planned, uint64_t launch);
  void signal(const std::string& id, uint64_t launch, int signum);
  [[nodiscard]] wire::ProcessList list() const;

  // --- the network
  void send(const std::string& id, const wire::ControlMessage& message);
  void broadcast(const wire::ControlMessage& message);
  void drop(const std::string& id);  // cuts its connection and loses the messages in flight
  void drop_all();
  void cut(const std::string& id, bool on);  // holds the messages of both directions
  void heal();  // ends cuts, sickness and stubbornness; continues the stopped
  void say(Process& process, wire::ControlMessage message);

  // --- observers
  [[nodiscard]] const std::map<std::string, Process>& processes() const { return processes_; }
  Process* find(const std::string& id);
  [[nodiscard]] bool runs(const std::string& id) const;
  [[nodiscard]] bool is_cut(const std::string& id) const;
  Members& members() { return members_; }
  bool spawns_fail = false;

 private:
  struct Up {
    uint64_t launch = 0;
    wire::ControlMessage message;
  };
  struct Link {
    replication::sim::Pipe<Up> up;
    replication::sim::Pipe<wire::ControlMessage> down;
  };
  void live(const std::string& id, uint64_t launch);  // sends its next report, and again for ever
  void connect(Process& process);
  void become_ready(const std::string& id, uint64_t launch);
  void end(Process& process, int signum);
  void terminate(Process& process);
  void hear(Process& process, const wire::ControlMessage& message);
  wire::StatusReport report_of(Process& process);
  Link& link(const std::string& id);

  World& world_;
  Members members_;
  std::map<std::string, Process> processes_;  // also those that have ended
  std::map<std::string, std::unique_ptr<Link>> links_;
  int64_t last_pid_ = 100;
};

}  // namespace multiaz::orchestrator::sim
