// What goes into ControlPlane::step.
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

struct Adopt {  // what runs, once after the start
  wire::ProcessList running;
};
struct Tick {};  // every kTickMs
struct Due {};   // asked for by StepLater
struct Exited {  // the supervisor reaped a process
  wire::Exited exited;
};
struct HelloSaid {  // by an instance that admit() let in
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
  std::string source = "supervisor";  // who says so
  std::string error;                  // it does not run
  std::string remark;                 // it runs, but not as asked for
};
struct FoundRunning {  // the answer to LookAtProcess
  std::string id;
  uint64_t launch = 0;
};
struct PortSeen {
  std::string id;
  uint64_t launch = 0;
  int64_t pid = 0;  // of the process that is to be shown; 0 = as before
  enum class Holder { kNobody, kOwn, kOther } holder = Holder::kNobody;
  bool stopped = false;  // all of its processes are
};
struct PortsSeen {  // of programs that say nothing themselves
  std::vector<PortSeen> ports;
};
struct SnapshotPlaced {  // the answer to PlaceSnapshot
  std::string group;
  Status status;
  replication::View view;  // that the group begins again with
  std::map<std::string, uint64_t> launches;
};
struct Ordered {  // by a person or a schedule: a call of one of the services, within the step
  std::function<void(ControlPlane&)> act;
};

using ControlEvent = std::variant<Adopt, Tick, Due, Exited, HelloSaid, MessageSaid, Spawned,
                                  FoundRunning, PortsSeen, SnapshotPlaced, Ordered>;

struct Moment {
  Nanos monotonic = 0;
  int64_t wall_ms = 0;
};

}  // namespace multiaz::orchestrator
