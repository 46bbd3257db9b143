// The shell of the control plane: it brings events to ControlPlane::step and carries the effects
// out in order. It decides nothing.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/rt/nursery.h"
#include "base/rt/sync.h"
#include "orchestrator/control/control_plane.h"
#include "orchestrator/control/target.h"
#include "orchestrator/shell/command.h"
#include "orchestrator/shell/control_server.h"
#include "orchestrator/shell/event_log.h"
#include "orchestrator/shell/hardware.h"
#include "orchestrator/shell/ports.h"
#include "orchestrator/shell/secrets.h"
#include "orchestrator/shell/store.h"

namespace multiaz::orchestrator {

constexpr uint64_t kSwitchoverMs = 5000;  // by then an orderly failover must be answered

// Effects that snapshots.h carries out.
struct ClusterHandlers {
  std::function<void(const wire::SnapshotTaken&)> on_snapshot;
  std::function<void(const PlaceSnapshot&)> place;  // answered by placed()
  std::function<void(const RestoreEnded&)> on_restored;
};

class Cluster {
 public:
  Cluster(Plan plan, Secrets secrets, Folders folders, Store& store, EventLog& events,
          Hardware& hardware, ControlServer& control, rt::Nursery& nursery);
  Status load() { return plane_.load(); }
  void handle(ClusterHandlers handlers) { handlers_ = std::move(handlers); }

  // --- events
  void step(const ControlEvent& event);
  void tick();  // looks at the ports of foreign programs, and lets time pass
  void on_exited(const wire::Exited& exited);
  void on_message(const std::string& id, uint64_t launch, const wire::ControlMessage& message);
  void placed(const SnapshotPlaced& answer) { step(answer); }

  // --- orders
  // Calls one of the services within a step, and returns its result.
  template <typename Act>
  auto order(Act act) {
    using Answer = std::invoke_result_t<Act, ControlPlane&>;
    if constexpr (std::is_void_v<Answer>) {
      step(Ordered{[&](ControlPlane& plane) { act(plane); }});
    } else {
      std::optional<Answer> answer;
      step(Ordered{[&](ControlPlane& plane) { answer.emplace(act(plane)); }});
      return std::move(*answer);
    }
  }
  void signal(const std::string& id, int signum, const std::string& why);
  // Sends at once; false when that instance is not connected.
  bool send(const std::string& id, const wire::ControlMessage& message) {
    return control_.send(id, message);
  }
  void event(const std::string& source, const std::string& kind, const std::string& target,
             const std::string& text);
  Result<std::vector<std::string>> resolve(std::string_view target);
  // Runs Group::fail_over, one at a time. Returns the manager's text.
  rt::Task<Result<std::string>> fail_over(std::string group, std::string to, bool force);

  // --- reading
  [[nodiscard]] const ControlPlane& plane() const { return plane_; }
  [[nodiscard]] const State& state() const { return plane_.state(); }
  [[nodiscard]] const Plan& plan() const { return state().plan; }
  [[nodiscard]] const std::map<std::string, Instance>& instances() const {
    return state().instances;
  }
  [[nodiscard]] const Views& views() const { return state().views; }
  [[nodiscard]] const wire::StatusReport* report(const std::string& id) const {
    return state().report(id);
  }
  [[nodiscard]] Health health() const { return health_of(state()); }
  [[nodiscard]] uint64_t topology_version() const { return state().topology_version; }
  [[nodiscard]] const Secrets& secrets() const { return secrets_; }
  [[nodiscard]] const Folders& folders() const { return folders_; }
  EventLog& events() { return events_; }
  Hardware& hardware() { return hardware_; }
  // Notified when a process has ended or a report has come.
  rt::Notify& changes() { return changes_; }

 private:
  void carry_out(const ControlEffect& effect);
  void start(const SpawnProcess& order);
  rt::Task<void> watch_spawn(std::string id, uint64_t launch, Hardware::CallPtr call);

  Secrets secrets_;
  Folders folders_;
  EventLog& events_;
  Hardware& hardware_;
  ControlServer& control_;
  rt::Nursery& nursery_;
  ControlPlane plane_;
  ClusterHandlers handlers_;
  PortWatch ports_;
  std::deque<ControlEffect> undone_;  // in order, also when an effect leads to another step
  bool carrying_out_ = false;
  // Deferred calls do nothing once it is gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  uint64_t picks_;
  std::map<std::string, std::optional<SwitchoverAnswered>> switchovers_;  // by group
  rt::Notify changes_;
};

}  // namespace multiaz::orchestrator
