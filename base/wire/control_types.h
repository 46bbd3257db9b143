// The messages between daemons and the orchestrator, as values. control.h says which side sends
// which message, and has the encoding. Times are nanoseconds (_ns) or milliseconds (_ms); ids and
// epochs are raw, as on the wire.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace multiaz::wire {

using Names = std::vector<std::string>;
using Texts = std::map<std::string, std::string>;

// --- proof of membership: Challenge ->, <- Hello, Welcome -> (control.h, membership_proof)
struct Challenge {
  std::string nonce;
  bool operator==(const Challenge&) const = default;
};
struct Hello {
  std::string cluster, id, tier, zone, address;
  uint64_t launch = 0;
  int64_t pid = 0;
  std::string nonce, proof, incarnation, version;
  bool operator==(const Hello&) const = default;
};
struct Welcome {
  std::string nonce, proof;
  bool operator==(const Welcome&) const = default;
};

// --- a daemon to the orchestrator
struct PeerStatus {
  std::string id;
  bool in_sync = false, connected = false;
  uint64_t acked = 0, lag_ms = 0;
  bool operator==(const PeerStatus&) const = default;
};
// A web instance as a load balancer node sees it.
struct TargetStatus {
  std::string id;
  std::string health;                     // "initial" "healthy" "unhealthy"
  std::string reason;                     // why it is not healthy
  uint64_t requests = 0, errors_5xx = 0;  // answers since the target was registered with this node
  bool operator==(const TargetStatus&) const = default;
};
struct StatusReport {
  std::string id;
  uint64_t launch = 0;
  std::string state;   // "starting" "ready" "draining" "failed"
  std::string health;  // "healthy", or the reason why not
  std::string role;    // "primary" "secondary" "learner" "replica"; empty outside of a group
  uint64_t epoch = 0, tail = 0, commit = 0;
  bool serving = false;
  int64_t lease_left_ms = 0;
  std::string incarnation;
  std::vector<PeerStatus> peers;
  std::map<std::string, uint64_t> counters;
  uint64_t topology_version = 0;
  // Set by a replication member for the configuration manager (replication/core MemberReport): the
  // view in which it acts (text of replication::describe), its core's state, the epoch of its tail.
  std::string view, member_state;
  uint64_t tail_epoch = 0;
  std::vector<TargetStatus> targets;  // set by a load balancer
  bool operator==(const StatusReport&) const = default;
};
struct EventReport {
  uint64_t t_ns = 0;
  std::string kind, text;
  Texts fields;
  bool operator==(const EventReport&) const = default;
};
// A primary asks the configuration manager for another view.
struct ViewRequest {
  std::string group;
  uint64_t epoch = 0;  // the epoch of the view that the request is based on
  Names remove, add;
  std::string reason;
  // A change as the core names it (RequestView): "add" "remove" "replace-primary" "hand-over"; and
  // the incarnation of the member in question (the one name in `add` or `remove`).
  std::string change, incarnation;
  bool operator==(const ViewRequest&) const = default;
};
struct ViewAck {
  std::string group;
  uint64_t epoch = 0;
  std::string id;
  uint64_t tail_epoch = 0, tail = 0;
  bool active = false;
  bool operator==(const ViewAck&) const = default;
};

// --- the orchestrator to a daemon
struct MemberInfo {
  std::string id, address;
  uint16_t port = 0;
  std::string incarnation;
  bool operator==(const MemberInfo&) const = default;
};
struct ViewUpdate {
  std::string group;
  uint64_t epoch = 0;
  std::string primary;
  Names in_sync, learners;
  std::vector<MemberInfo> members;
  bool fenced = false;  // the old primary is proven to be silent
  std::string view;     // the whole view as a text of replication::describe
  bool operator==(const ViewUpdate&) const = default;
};
struct InstanceInfo {
  std::string id, tier, zone, address;
  uint16_t port = 0;
  std::string role, state;
  bool operator==(const InstanceInfo&) const = default;
};
struct GroupInfo {
  std::string name;
  uint64_t epoch = 0;
  std::string primary;
  Names in_sync, learners;
  bool operator==(const GroupInfo&) const = default;
};
struct FaultInfo {
  std::string id;
  // "cut" "cut_one_way" (from a to b) "delay" "black_hole" "reset" and "bandwidth" are faults of
  // links; all others act inside the processes at `a` (base/faults/inner_faults.h).
  std::string kind;
  std::string a, b;  // instance addresses or zone prefixes ("127.20.1.0/24"); links alone use b
  uint64_t delay_ms = 0, jitter_ms = 0;
  uint64_t amount = 0, percent = 0;  // `amount` is in the unit of the kind
  std::string point;
  uint64_t ttl_ms = 0;  // the remaining time to live when this was sent
  bool operator==(const FaultInfo&) const = default;
};
struct SecurityRule {
  std::string group;  // "sg-cache"
  uint16_t port_low = 0, port_high = 0;
  std::string source;  // a group or a block of addresses (base/sg)
  bool operator==(const SecurityRule&) const = default;
};
struct TopologyUpdate {
  uint64_t version = 0;
  std::string cluster;
  std::vector<InstanceInfo> instances;
  std::vector<GroupInfo> groups;
  std::vector<FaultInfo> faults;
  Texts settings;
  std::vector<SecurityRule> security;  // when empty, every connection is allowed
  bool operator==(const TopologyUpdate&) const = default;
};
// An orderly switchover: the primary of the group hands its role to `to`.
struct HandOver {
  std::string group, to;
  bool operator==(const HandOver&) const = default;
};
// An order to copy the group's state into `folder` (made when missing): a snapshot for the
// operator, beside those that a member makes for itself. Answered by SnapshotTaken.
struct TakeSnapshot {
  std::string group, name, folder;
  bool operator==(const TakeSnapshot&) const = default;
};
// `error` is empty when the copy is complete and on disk: the state after record `lsn` of `epoch`.
struct SnapshotTaken {
  std::string group, name, error;
  uint64_t epoch = 0, lsn = 0, bytes = 0;
  bool operator==(const SnapshotTaken&) const = default;
};
struct Drain {
  bool operator==(const Drain&) const = default;
};
struct Ping {
  bool operator==(const Ping&) const = default;
};

}  // namespace multiaz::wire
