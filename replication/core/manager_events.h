// What goes into the configuration manager and what comes out of it (see manager.h).
#pragma once

#include <variant>

#include "replication/core/effects.h"

namespace multiaz::replication {

struct PlannedMember {
  NodeId id;
  std::string zone;
  bool candidate = true;  // false: read replica, never in-sync
};

struct ManagerConfig {
  std::string group;                   // "cache", "db": for texts
  std::vector<PlannedMember> members;  // plan order
  uint32_t silence_ms = 700;           // no report for so long: silent
  uint32_t settle_ms = 300;            // after a start or a reunion: listen first
  uint32_t bootstrap_ms = 3000;        // wait for all members, then start with those that are up
  // Members keep everything in memory: when the last in-sync one has ended the data is gone, and
  // the group starts over, empty. Otherwise it waits for one of them to come back.
  bool volatile_data = false;
  Bug bug = Bug::kNone;
};

// Every control heartbeat of a member (100 ms), the first one included.
struct MemberReport {
  NodeId id;
  Launch launch;
  Incarnation incarnation;
  View view;  // the one it acts in (epoch 0: none)
  State state = State::kStarting;
  Epoch tail_epoch;
  Lsn tail;
};
struct MemberExited {  // the supervisor reaped this process: proof of death
  NodeId id;
  Launch launch;
  std::string how;  // "killed by SIGKILL"
};
struct ViewAcked {  // AckView of a member
  NodeId id;
  Launch launch;
  Epoch epoch;
};
struct ViewRequested {  // RequestView of a member
  NodeId from;
  Launch launch;
  RequestView request;
};
// A person, or maintenance. `to` empty: the manager chooses. Answered by Answer.
struct SwitchoverRequest {
  NodeId to;
};
// A person makes `to` primary although it may lack acknowledged writes. Answered by Answer.
struct ForcePromote {
  NodeId to;
};
struct MembersChanged {  // `replica add`, `replica remove`; removing an in-sync member takes it out
  std::vector<PlannedMember> members;
};
struct ManagerTick {};  // every kManagerTickMs
using ManagerEvent = std::variant<MemberReport, MemberExited, ViewAcked, ViewRequested,
                                  SwitchoverRequest, ForcePromote, MembersChanged, ManagerTick>;
constexpr uint32_t kManagerTickMs = 20;

// Store `text` durably before any later effect is carried out (rule 1).
struct PersistState {
  std::string text;
};
struct SendView {  // ViewUpdate to each of these
  std::vector<NodeId> to;
  View view;
  bool fenced = false;
};
struct SendHandOver {  // HandOver to the primary
  NodeId primary;
  NodeId to;
};
struct ManagerNotice {  // for the event log: "cache primary cache-a1 exited: promoting cache-b1,
                        // epoch 4"
  std::string kind;  // "promote", "shrink", "join", "bootstrap", "wait", "refuse", "amnesia", ...
  NodeId target;
  std::string text;
};
struct Answer {  // to SwitchoverRequest and ForcePromote
  bool ok = false;
  std::string text;
};
using ManagerEffect = std::variant<PersistState, SendView, SendHandOver, ManagerNotice, Answer>;
using ManagerEffects = std::vector<ManagerEffect>;
std::string describe(const ManagerEvent& event);
std::string describe(const ManagerEffect& effect);

// What survives a restart of the orchestrator: the view, and former primaries that may still hold
// a lease.
struct ManagerState {
  struct Former {
    NodeId id;
    Launch launch;
    Epoch until;  // was replaced in this epoch
    bool operator==(const Former&) const = default;
  };
  View view;
  std::vector<Former> unfenced;
  bool unknown_past = false;  // after amnesia: anybody may hold a lease
  bool operator==(const ManagerState&) const = default;
};
std::string describe(const ManagerState& state);
Result<ManagerState> restore_manager_state(std::string_view text);

}  // namespace multiaz::replication
