// The outputs of ControlPlane::step, to be carried out in this order.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/wire/control.h"
#include "orchestrator/control/event.h"

namespace multiaz::orchestrator {

struct LogEvent {
  Event event;
};
struct SpawnProcess {  // answered by Spawned. Its launch number is stored already.
  std::string id;
  uint64_t launch = 0;
};
struct SignalProcess {
  std::string id;
  uint64_t launch = 0;
  int signum = 0;
  std::string why;
};
struct LookAtProcess {  // answered by FoundRunning, unless it is stopped
  std::string id;
  uint64_t launch = 0;
  int64_t pid = 0;
};
struct LookAtPorts {};  // answered by PortsSeen; at once, not only when the watch is due
struct SendMessage {    // dropped when that instance is not connected
  std::string id;
  wire::ControlMessage message;
};
struct BroadcastTopology {
  wire::TopologyUpdate topology;
  std::vector<wire::FaultInfo> own;  // faults of the control plane's own links
};
struct DropConnection {
  std::string id, why;
};
struct DeleteData {  // of a forgotten instance
  std::string id;
};
struct StepLater {};  // answered by Due, at the end of this turn of the loop
struct SwitchoverAnswered {
  std::string group;
  bool ok = false;
  std::string text;
};
struct SnapshotAnswered {
  wire::SnapshotTaken taken;
};
struct PlaceSnapshot {  // answered by SnapshotPlaced. No member of the group runs.
  std::string group, name, folder;
  uint64_t epoch = 0;                       // of the group's last view
  std::map<std::string, uint64_t> members;  // id -> its last launch
};
struct RestoreEnded {
  std::string group, name;
  Status status;
};

// A variant whose copies and destructor are compiled once (STYLE.md, "Wide variants").
struct ControlEffect
    : std::variant<LogEvent, SpawnProcess, SignalProcess, LookAtProcess, LookAtPorts, SendMessage,
                   BroadcastTopology, DropConnection, DeleteData, StepLater, SwitchoverAnswered,
                   SnapshotAnswered, PlaceSnapshot, RestoreEnded> {
  using variant::variant;
  ControlEffect(const ControlEffect&);
  ControlEffect(ControlEffect&&) noexcept;
  ControlEffect& operator=(const ControlEffect&);
  ControlEffect& operator=(ControlEffect&&) noexcept;
  ~ControlEffect();
};
using ControlEffects = std::vector<ControlEffect>;

}  // namespace multiaz::orchestrator
