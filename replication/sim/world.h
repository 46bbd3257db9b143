// The simulated world: members, the links between them, the control plane, clients, and the
// faults that can be done to them. Deterministic: same Settings and same calls, same trace.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "replication/sim/checker.h"
#include "replication/sim/clients.h"
#include "replication/sim/control.h"
#include "replication/sim/node.h"
#include "replication/sim/pipe.h"

namespace multiaz::replication::sim {

using Coverage = std::map<std::string, uint64_t>;

class World {
 public:
  explicit World(Settings settings);

  // time
  Nanos now() const { return scheduler_.now(); }
  void run_for(Nanos duration);  // stops early when a check failed
  bool run_until(const std::function<bool()>& condition, Nanos limit);  // looks every ms

  // faults; all can be done at any time, doing one twice is no error
  void crash(uint32_t member, Nanos restart_after);
  void crash_for_good(uint32_t member);
  void power_cut(uint32_t member, Nanos restart_after);
  void empty_restart(uint32_t member, Nanos restart_after);
  void pause(uint32_t member, Nanos duration);
  void cut(uint32_t from, uint32_t to, bool on);  // one direction; holds what is on its way
  void cut_control(uint32_t member, bool up, bool down, bool on);
  void cut_clients(uint32_t member, bool on) { client_cut_[member] = on; }
  void reset_link(uint32_t a, uint32_t b);
  void slow_link(uint32_t from, uint32_t to, Nanos extra);
  void hold_faults(Nanos duration) { quiet_until_ = now() + duration; }  // asked for by a fault
  Nanos quiet_until() const { return quiet_until_; }
  void heal();  // every cut and slowness; starts what is down, continues what is stopped
  bool may_crash(uint32_t member) const;      // its data is not the only copy (level memory)
  bool may_lose_data(uint32_t member) const;  // another in-sync member has everything
  bool another_copy(uint32_t member) const;

  // state
  uint32_t size() const { return settings_.candidates + settings_.replicas; }
  Node& node(uint32_t member) { return *nodes_[member]; }
  const Node& node(uint32_t member) const { return *nodes_[member]; }
  uint32_t index_of(const NodeId& id) const { return static_cast<uint32_t>(id.raw[0] - 'a'); }
  bool reachable_by_clients(uint32_t member) const { return !client_cut_[member]; }
  bool serving() const;  // the newest view's primary takes writes
  bool settled() const;  // every member in its place, logs equal, everything applied
  const Settings& settings() const { return settings_; }
  Random& random() { return random_; }
  // What a fault draws comes from its own seed, so that it stays the same without its neighbours.
  void begin_strike(uint64_t seed, uint32_t scale_percent) {
    draw_ = Random(seed);
    strike_percent_ = scale_percent;
  }
  Random& draw() { return draw_; }
  uint32_t strike_percent() const { return strike_percent_; }
  Scheduler& scheduler() { return scheduler_; }
  // What fate decides: drawn, or each in turn when all orders are explored.
  bool maybe(uint32_t percent);
  uint64_t pick(uint64_t options);
  bool dies_now(uint32_t member);                        // between two effects
  void deaths(uint32_t count) { deaths_left_ = count; }  // of that kind, when all are explored
  bool exploring() const { return scheduler_.choosing(); }
  // Of everything that the future depends on, while orders are explored: equal, the same future.
  uint64_t fingerprint() const;
  void happened(uint64_t event) { happened_ ^= (event + 1) * 0x9e3779b97f4a7c15; }  // of a story
  void when_next_view(std::function<void()> action) { on_view_.push_back(std::move(action)); }
  void view_stored();
  Checker& checker() { return checker_; }
  Control& control() { return control_; }
  const Control& control() const { return control_; }
  Clients& clients() { return clients_; }

  // for the parts
  void send(uint32_t from, const NodeId& to, Message message, uint64_t session,
            std::shared_ptr<const Values> state);
  void control_up(uint32_t member, ManagerEvent event) {
    control_.from_member(member, std::move(event));
  }
  void process_ended(uint32_t member);
  void empty_disk(uint32_t member);
  Incarnation session_life(uint64_t session, uint32_t member) const;

  // record
  void trace(const std::string& who, const std::string& text);
  const std::string& trace_text() const { return trace_; }
  void cover(const std::string& what) { ++coverage_[what]; }
  const Coverage& coverage() const { return coverage_; }

 private:
  struct Session {
    uint64_t id = 0;  // 0: not connected
    Incarnation low, high;
  };
  using Link = Pipe<LinkItem>;

  void connect(uint32_t a, uint32_t b);
  void connect_all();
  void start_later(uint32_t member, Nanos delay);
  void every(Nanos period, std::function<void()> action);
  Link& link(uint32_t from, uint32_t to) { return *links_[from * kMembersMax + to]; }

  Settings settings_;
  Random random_;
  Random draw_{0};
  uint32_t strike_percent_ = 100;
  Scheduler scheduler_;
  Coverage coverage_;
  std::string trace_;
  std::array<bool, kMembersMax> client_cut_{};
  std::array<bool, kMembersMax> gone_{};  // crashed for good
  std::array<uint64_t, kMembersMax> lives_{};
  Checker checker_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Link>> links_;
  std::map<std::pair<uint32_t, uint32_t>, Session> sessions_;  // by (low, high)
  uint64_t last_session_ = 0;
  Nanos quiet_until_ = 0;
  uint32_t deaths_left_ = 0;
  std::vector<std::function<void()>> on_view_;
  uint64_t happened_ = 0;
  Control control_;
  Clients clients_;
};

}  // namespace multiaz::replication::sim
