// The one owner of the cluster's runtime state. Everybody else sends it events (exits, reports,
// orders) or reads; what to do is decided by the pure parts in control/ and carried out here.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/rt/nursery.h"
#include "base/rt/sync.h"
#include "base/sg/security_groups.h"
#include "orchestrator/asg/asg.h"
#include "orchestrator/control/awake_clock.h"
#include "orchestrator/control/target.h"
#include "orchestrator/ec2/decide.h"
#include "orchestrator/ec2/roles.h"
#include "orchestrator/shell/control_server.h"
#include "orchestrator/shell/faults.h"
#include "orchestrator/shell/groups.h"
#include "orchestrator/shell/hardware.h"
#include "orchestrator/shell/secrets.h"
#include "orchestrator/zones/autoshift.h"

namespace multiaz::orchestrator {

constexpr Nanos kPauseToldMin = 200 * kMillisecond;         // of absences: worth an event
constexpr uint64_t kSpanMsMax = uint64_t{31} * 86'400'000;  // of any time that is ordered
constexpr int kBootBits = 32;  // a topology version is the number of the boot, then a count

struct Folders {
  std::string run, bin;
};

class Cluster {
 public:
  Cluster(Plan plan, Secrets secrets, Folders folders, Store& store, EventLog& events,
          Hardware& hardware, ControlServer& control, rt::Nursery& nursery);

  // --- start, in this order
  Status load();
  void adopt(const wire::ProcessList& running);
  void tick();

  // --- events
  void on_exited(const wire::Exited& exited);
  Status admit(const wire::Hello& hello);
  void on_hello(const wire::Hello& hello);
  void on_message(const std::string& id, uint64_t launch, const wire::ControlMessage& message);

  // --- orders; who orders is in the event
  Result<std::vector<std::string>> resolve(std::string_view target);
  // It may be several processes, which the hardware keeps as one (supervisor/keeper.h).
  static bool is_kept(const PlannedInstance& planned);
  Hardware::CallPtr send_signal(const std::string& id, int signum, const std::string& why);
  // `for_ms` 0 = until it is taken up again. Does not kill.
  void hold_zone(const std::string& zone, uint64_t for_ms);
  void release_zone(const std::string& zone, const std::string& why);
  Result<Fault> add_fault(Fault fault);
  std::vector<Fault> heal(const std::string& id, const std::string& why);
  GroupShell* group(const std::string& name);

  // --- the fleet changes (fleet.cc): Auto Scaling, and replicas that come and go
  // In the plan before anything else, so that a restart knows it; started at the next turn.
  Status add_instance(PlannedInstance planned);
  Status set_asg(PlannedAsg asg);
  void set_suspended(std::set<std::string> processes);
  // A member of the replication group of its tier. What is removed leaves its view first; its data
  // goes with it.
  Status add_member(PlannedInstance planned, bool candidate);
  Status remove_member(const std::string& id);
  Status make_candidate(const std::string& id);
  // For the next start of each member of the group.
  Status set_member_flag(const std::string& group, const std::string& flag,
                         const std::string& value);
  // Out of the load balancers, then ended and forgotten; replaced by nobody.
  void begin_leaving(const std::string& id, const std::string& why);
  void advance_leaving(const std::vector<LifecycleHook>& hooks);
  // REQUIRES: it exists.
  Instance& change(const std::string& id) { return instances_.at(id); }
  void topology_changed();
  // True once after anything that Auto Scaling may have to act on.
  bool take_fleet_news() { return std::exchange(fleet_news_, false); }
  // Dead instances of that tier are not started, until further notice.
  void pause_tier(const std::string& tier, bool on);
  bool send(const std::string& id, const wire::ControlMessage& message) {
    return control_.send(id, message);
  }
  // What a member says of a snapshot that it was told to take.
  std::function<void(const wire::SnapshotTaken&)> on_snapshot;
  // What daemons are told beside the instances: "dns" (records that people added), ...
  void set_setting(const std::string& key, std::string value);
  void set_security(std::vector<sg::Rule> rules);
  // No traffic into that zone and no launches there, until the end (CLOCK_MONOTONIC; 0 = open).
  void shift_zone(const std::string& zone, uint64_t for_ms, const std::string& why);
  void unshift_zone(const std::string& zone, const std::string& why);
  [[nodiscard]] const std::map<std::string, Nanos>& zone_shifts() const { return shifts_; }
  [[nodiscard]] bool zone_shifted(const std::string& zone) const { return shifts_.contains(zone); }

  // --- reading
  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] const std::map<std::string, Instance>& instances() const { return instances_; }
  [[nodiscard]] const Instance* instance(const std::string& id) const;  // nullptr: there is none
  [[nodiscard]] const wire::StatusReport* report(const std::string& id) const;
  // CLOCK_MONOTONIC when that report came; 0: there is none.
  [[nodiscard]] Nanos reported_at(const std::string& id) const;
  [[nodiscard]] const std::map<std::string, Nanos>& zone_holds() const { return holds_; }
  [[nodiscard]] const FaultTable& faults() const { return faults_; }
  [[nodiscard]] Views views() const;
  [[nodiscard]] Health health() const;
  [[nodiscard]] uint64_t topology_version() const { return topology_version_; }
  [[nodiscard]] const Secrets& secrets() const { return secrets_; }
  [[nodiscard]] const Folders& folders() const { return folders_; }
  EventLog& events() { return events_; }
  Hardware& hardware() { return hardware_; }
  // Notified when a process ended or a report came.
  rt::Notify& changes() { return changes_; }
  [[nodiscard]] Nanos awake_now() const { return clock_.read(monotonic_now()); }
  void event(std::string source, std::string kind, const std::string& target, std::string text);

 private:
  Status load_groups();
  void reconcile_later();
  void reconcile();
  void carry_out(const Action& action, std::map<std::string, uint64_t>& to_launch);
  void launch(const std::map<std::string, uint64_t>& launches);
  Result<wire::Spawn> command(const PlannedInstance& planned, uint64_t launch) const;
  void command_foreign(const PlannedInstance& planned, wire::Spawn& spawn) const;
  void set_limits(const PlannedInstance& planned, wire::Spawn& spawn) const;
  rt::Task<void> watch_spawn(std::string id, uint64_t launch, Hardware::CallPtr call);
  void call_dead(Instance& instance);
  void meet_stranger(const wire::ProcessInfo& process);
  void on_status(Instance& instance, const wire::StatusReport& report);
  void take_state(Instance& instance, const wire::StatusReport& report);
  void judge_targets();
  void advance(Instance& one, const LifecycleHook* hook);
  [[nodiscard]] bool balancers_know(uint64_t version) const;
  void forget(const std::string& id);
  Status save_plan();
  PlannedGroup& planned_group(const std::string& name);
  void expire();
  void look_at_ports();
  void save_holds();
  void save_shifts();
  void shift_by_signs();
  void add_latency(std::vector<wire::FaultInfo>& faults) const;
  void push_topology();
  void apply_own_faults();
  [[nodiscard]] wire::TopologyUpdate topology() const;
  [[nodiscard]] InstanceState traffic_state(const Instance& one) const;
  GroupShell* group_of(const std::string& id);

  Plan plan_;
  Secrets secrets_;
  Folders folders_;
  Store& store_;
  EventLog& events_;
  Hardware& hardware_;
  ControlServer& control_;
  rt::Nursery& nursery_;

  AwakeClock clock_;
  Nanos pauses_told_ = 0;
  Nanos ports_next_at_ = 0;
  std::map<std::string, Instance> instances_;
  std::map<std::string, wire::StatusReport> reports_;  // of the current launch
  std::map<std::string, Nanos> reported_at_;           // CLOCK_MONOTONIC
  std::set<std::string> suspended_;                    // processes of Auto Scaling
  std::set<std::string> paused_;                       // tiers
  std::map<std::string, std::string> settings_;
  std::vector<sg::Rule> security_;
  Autoshift autoshift_;
  std::map<std::string, Nanos> shifts_;  // zones that take no traffic -> until
  std::map<std::string, std::unique_ptr<GroupShell>> groups_;
  std::map<std::string, Nanos> holds_;  // zone -> end on CLOCK_MONOTONIC; 0 = open
  FaultTable faults_;
  uint64_t topology_version_ = 0;
  bool topology_dirty_ = true;
  bool fleet_news_ = true;
  bool reconcile_due_ = false;
  bool adopted_ = false;                                        // what runs is known
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for deferred calls
  uint64_t picks_ = 0;
  rt::Notify changes_;
};

}  // namespace multiaz::orchestrator
