// The events and effects of the configuration manager (see manager.h).
#pragma once

#include <variant>

#include "replication/core/effects.h"

namespace multiaz::replication {

struct PlannedMember {
  NodeId id;
  std::string zone;
  bool candidate = true;  // false: a read replica, which is never in-sync
};

struct ManagerConfig {
  std::string group;                   // "cache" or "db", for texts
  std::vector<PlannedMember> members;  // in the order of the plan
  uint32_t silence_ms = 700;           // a member without a report for so long is silent
  uint32_t settle_ms = 300;            // after a start or a reunion the manager listens for so long
  uint32_t bootstrap_ms = 3000;        // wait for all members, then start with those that are up
  // Members keep everything in memory: when the last in-sync member has ended the data is lost, and
  // the group starts over, empty. With false the group waits for one of them to come back.
  bool volatile_data = false;
  Bug bug = Bug::kNone;
};

// A control heartbeat of a member, sent every 100 ms from the first one on.
struct MemberReport {
  NodeId id;
  Launch launch;
  Incarnation incarnation;
  View view;  // the view that the member acts in (epoch 0: none)
  State state = State::kStarting;
  Epoch tail_epoch;
  Lsn tail;
};
struct MemberExited {  // the supervisor reaped this process: proof of death
  NodeId id;
  Launch launch;
  std::string how;  // "killed by SIGKILL"
};
struct ViewAcked {  // a member's AckView
  NodeId id;
  Launch launch;
  Epoch epoch;
};
struct ViewRequested {  // a member's RequestView
  NodeId from;
  Launch launch;
  RequestView request;
};
// A request of an operator or of maintenance. `to` empty: the manager chooses. Answered by Answer.
struct SwitchoverRequest {
  NodeId to;
};
// An operator makes `to` primary although it may lack acknowledged writes. Answered by Answer.
struct ForcePromote {
  NodeId to;
};
// `replica add` or `replica remove`. An in-sync member that is removed leaves the view.
struct MembersChanged {
  std::vector<PlannedMember> members;
};
struct ManagerTick {};  // every kManagerTickMs
using ManagerEvent = std::variant<MemberReport, MemberExited, ViewAcked, ViewRequested,
                                  SwitchoverRequest, ForcePromote, MembersChanged, ManagerTick>;
constexpr uint32_t kManagerTickMs = 20;

// `text` must be durable before any later effect is carried out (rule 1).
struct PersistState {
  std::string text;
};
struct SendView {  // a ViewUpdate to each of these members
  std::vector<NodeId> to;
  View view;
  bool fenced = false;
};
struct SendHandOver {  // a HandOver to the primary
  NodeId primary;
  NodeId to;
};
struct ManagerNotice {  // for the event log: "cache primary cache-a1 exited: promoting cache-b1,
                        // epoch 4"
  std::string kind;  // "promote", "shrink", "join", "bootstrap", "wait", "refuse", "amnesia", ...
  NodeId target;
  std::string text;
};
struct Answer {  // answers SwitchoverRequest and ForcePromote
  bool ok = false;
  std::string text;
};
using ManagerEffect = std::variant<PersistState, SendView, SendHandOver, ManagerNotice, Answer>;
using ManagerEffects = std::vector<ManagerEffect>;
std::string describe(const ManagerEvent& event);
std::string describe(const ManagerEffect& effect);

// The state that survives a restart of the orchestrator: the view, and the former primaries that
// may still hold a lease.
struct ManagerState {
  struct Former {
    NodeId id;
    Launch launch;
    Epoch until;  // the epoch in which it was replaced
    bool operator==(const Former&) const = default;
  };
  View view;
  std::vector<Former> unfenced;
  bool unknown_past = false;  // after amnesia: any member may hold a lease
  bool operator==(const ManagerState&) const = default;
};
std::string describe(const ManagerState& state);
Result<ManagerState> restore_manager_state(std::string_view text);

}  // namespace multiaz::replication
