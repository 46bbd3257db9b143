// What comes out of ControlPlane::step, to be carried out in this order.
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
struct SpawnProcess {  // -> Spawned. Its launch number is stored.
  std::string id;
  uint64_t launch = 0;
};
struct SignalProcess {
  std::string id;
  uint64_t launch = 0;
  int signum = 0;
  std::string why;
};
struct LookAtProcess {  // -> FoundRunning, unless it is stopped
  std::string id;
  uint64_t launch = 0;
  int64_t pid = 0;
};
struct LookAtPorts {};  // now, not only at the next turn of it -> PortsSeen
struct SendMessage {    // nothing happens when that instance is not connected
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
struct DeleteData {  // of an instance that is forgotten
  std::string id;
};
struct StepLater {};  // -> Due, at the end of this turn of the loop
struct SwitchoverAnswered {
  std::string group;
  bool ok = false;
  std::string text;
};
struct SnapshotAnswered {
  wire::SnapshotTaken taken;
};
struct PlaceSnapshot {  // -> SnapshotPlaced. No member of the group runs.
  std::string group, name, folder;
  uint64_t epoch = 0;                       // of the group's view so far
  std::map<std::string, uint64_t> members;  // id -> its last launch
};
struct RestoreEnded {
  std::string group, name;
  Status status;
};

using ControlEffect =
    std::variant<LogEvent, SpawnProcess, SignalProcess, LookAtProcess, LookAtPorts, SendMessage,
                 BroadcastTopology, DropConnection, DeleteData, StepLater, SwitchoverAnswered,
                 SnapshotAnswered, PlaceSnapshot, RestoreEnded>;
using ControlEffects = std::vector<ControlEffect>;

}  // namespace multiaz::orchestrator
