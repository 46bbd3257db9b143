// The inputs of ControlPlane::step.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/wire/control.h"
#include "replication/core/types.h"

namespace multiaz::orchestrator {

class ControlPlane;

struct Adopt {  // once after the start: the processes that run
  wire::ProcessList running;
};
struct Tick {};  // every kTickMs
struct Due {};   // the answer to StepLater
struct Exited {  // the supervisor reaped a process
  wire::Exited exited;
};
struct HelloSaid {  // admit() let the instance in
  wire::Hello hello;
};
struct MessageSaid {
  std::string id;
  uint64_t launch = 0;
  wire::ControlMessage message;
};
struct Spawned {  // the answer to SpawnProcess
  std::string id;
  uint64_t launch = 0;
  int64_t pid = 0, keeper = 0;
  std::string source = "supervisor";  // origin of the error or remark
  std::string error;                  // not empty: it does not run
  std::string remark;                 // it runs, but not as ordered
};
struct FoundRunning {  // the answer to LookAtProcess
  std::string id;
  uint64_t launch = 0;
};
struct PortSeen {
  std::string id;
  uint64_t launch = 0;
  int64_t pid = 0;  // of the process to be shown; 0 = unchanged
  enum class Holder { kNobody, kOwn, kOther } holder = Holder::kNobody;
  bool stopped = false;  // all of its processes are stopped
};
// The ports of foreign programs, at each look of the watch and as the answer to LookAtPorts.
struct PortsSeen {
  std::vector<PortSeen> ports;
};
struct SnapshotPlaced {  // the answer to PlaceSnapshot
  std::string group;
  Status status;
  replication::View view;  // with which the group begins again
  std::map<std::string, uint64_t> launches;
};
struct Ordered {  // an order of a user or a schedule: it calls one of the services within the step
  std::function<void(ControlPlane&)> act;
};

// A variant whose copies and destructor are compiled once (STYLE.md, "Wide variants").
struct ControlEvent : std::variant<Adopt, Tick, Due, Exited, HelloSaid, MessageSaid, Spawned,
                                   FoundRunning, PortsSeen, SnapshotPlaced, Ordered> {
  using variant::variant;
  ControlEvent(const ControlEvent&);
  ControlEvent(ControlEvent&&) noexcept;
  ControlEvent& operator=(const ControlEvent&);
  ControlEvent& operator=(ControlEvent&&) noexcept;
  ~ControlEvent();
};

struct Moment {
  Nanos monotonic = 0;
  int64_t wall_ms = 0;
};

}  // namespace multiaz::orchestrator
