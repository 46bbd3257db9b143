// The plan: everything that will run, decided before anything runs. Deterministic; the executor
// uses nothing else (no file, flag or environment is read again). Printed by `multiaz plan`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "orchestrator/plan/config.h"

namespace multiaz::orchestrator {

constexpr const char* kNoZone = "global";  // of what is in no availability zone

struct PlannedEndpoint {
  std::string name;  // "shop", "cache", ...: also the name of the inherited socket
  std::string address;
  uint16_t port = 0;
  bool optional = false;  // left out when the address is taken
  bool operator==(const PlannedEndpoint&) const = default;
};

struct PlannedInstance {
  std::string id, tier, zone, address;
  uint16_t port = 0;
  std::string program;               // file name in the folder of the binaries
  std::vector<std::string> flags;    // beside --id, --zone, --address, --control, --data, --launch
  std::vector<std::string> listen;   // endpoints whose sockets it inherits
  std::vector<std::string> secrets;  // "cookie_key", ...: put into its environment
  std::map<std::string, std::string> env;
  bool keeps_data = false;  // has a data folder
  // Somebody's own program: started as it is, in `cwd`, told by its environment; it says nothing to
  // the control plane, and the load balancers say how it is.
  bool foreign = false;
  std::string cwd;
  uint64_t version = 0;  // of the launch template it was made from; 0 = of none
  bool operator==(const PlannedInstance&) const = default;
};

struct GroupMember {
  std::string id, zone;
  bool candidate = true;  // false: a read replica, never in sync
  bool operator==(const GroupMember&) const = default;
};
struct PlannedGroup {
  std::string name;  // "cache", "db"
  std::vector<GroupMember> members;
  std::string durability;
  std::string snapshot;  // a folder: what the group begins with; "" = nothing
  bool operator==(const PlannedGroup&) const = default;
};

// What Auto Scaling makes instances from, as an EC2 launch template. The plan keeps every version
// that is in use or may be rolled back to.
struct LaunchTemplate {
  uint64_t version = 1;
  std::string program;
  bool foreign = false;  // see PlannedInstance
  std::string cwd;
  std::vector<std::string> flags, secrets;
  std::map<std::string, std::string> env;
  bool operator==(const LaunchTemplate&) const = default;
};

// The Auto Scaling group of the web tier as planned; what it becomes is in asg/asg.h.
struct PlannedAsg {
  std::string tier;  // "web"; also the group's name
  uint16_t port = 0;
  int64_t min = 0, desired = 0, max = 0;
  int64_t target_cpu_percent = 0, target_requests_per_s = 0;  // 0 = no such policy
  uint64_t warmup_ms = 0, grace_ms = 0, deregistration_ms = 0;
  uint64_t replace_unhealthy_after_ms = 0;  // condemned by the load balancers for so long
  std::vector<LaunchTemplate> templates;    // the newest last

  [[nodiscard]] const LaunchTemplate* launch_template(uint64_t version) const;
  bool operator==(const PlannedAsg&) const = default;
};

// Of each process of a tier, by control groups where the machine allows it; 0 = none.
struct PlannedLimits {
  uint64_t cpu_percent = 0;  // of one core
  uint64_t memory_mb = 0;
  bool operator==(const PlannedLimits&) const = default;
};

struct Plan {
  std::string name;
  int octet = 0;  // C in 127.C.Z.N
  std::string profile, bug;
  std::vector<std::string> zones;
  std::vector<PlannedEndpoint> endpoints;
  std::vector<PlannedInstance> instances;
  std::vector<PlannedGroup> groups;
  PlannedAsg asg;
  std::map<std::string, PlannedLimits> limits;  // by tier
  uint64_t silence_ms = 0;
  uint64_t replace_hung_after_ms = 0;
  bool autoshift = false;
  uint64_t zone_latency_ms = 0, zone_jitter_ms = 0;  // each way, between any two zones
  bool operator==(const Plan&) const = default;

  [[nodiscard]] const PlannedInstance* instance(const std::string& id) const;
  [[nodiscard]] const PlannedEndpoint* endpoint(const std::string& name) const;
  [[nodiscard]] const PlannedGroup* group(const std::string& name) const;
};

// REQUIRES: check_config(config) found nothing, kOctetMin <= octet <= kOctetMax.
constexpr int kOctetMin = 20;
constexpr int kOctetMax = 99;
Plan build_plan(const Config& config, int octet);

// The addresses of a zone (an index into plan.zones): "127.20.1.0/24".
std::string zone_block(const Plan& plan, size_t zone);

// The instance that Auto Scaling would start next in that zone (an index into plan.zones): the
// lowest free name and address, from the template of that version. kLimit: the zone has no free
// address; kNotFound: the plan has no such version.
Result<PlannedInstance> next_instance(const Plan& plan, size_t zone, uint64_t version);

// The member that a group would get next in that zone, made as its first one. kLimit as above.
Result<PlannedInstance> next_member(const Plan& plan, const PlannedGroup& group, size_t zone);

std::string plan_to_json(const Plan& plan);
Result<Plan> plan_from_json(const std::string& text);
// For people: tables of zones, endpoints and instances.
std::string plan_to_text(const Plan& plan);
// A picture: a mermaid flowchart with a box for each zone.
std::string plan_to_mermaid(const Plan& plan);

}  // namespace multiaz::orchestrator
