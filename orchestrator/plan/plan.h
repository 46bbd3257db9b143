// The plan: everything that will run, decided before anything runs. It is deterministic, and its
// executor uses nothing else (no file, flag or environment is read again). `multiaz plan` prints
// it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "orchestrator/plan/config.h"

namespace multiaz::orchestrator {

constexpr const char* kNoZone = "global";  // the "zone" of what is in no availability zone

struct PlannedEndpoint {
  std::string name;  // "shop", "cache", ...; the inherited socket has the same name
  std::string address;
  uint16_t port = 0;
  bool optional = false;  // left out when the address is in use
  bool operator==(const PlannedEndpoint&) const = default;
};

struct PlannedInstance {
  std::string id, tier, zone, address;
  uint16_t port = 0;
  std::string program;              // file name in the folder of the binaries
  std::vector<std::string> flags;   // added to --id, --zone, --address, --control, --data, --launch
  std::vector<std::string> listen;  // endpoints whose sockets it inherits
  std::vector<std::string> secrets;  // "cookie_key", ...; they are put into its environment
  std::map<std::string, std::string> env;
  bool keeps_data = false;  // has a data folder
  // A foreign program is not made for the emulator: it is started as it is, in `cwd`, and
  // configured by its environment. It reports nothing to the control plane; the load balancers
  // check its health.
  bool foreign = false;
  std::string cwd;
  uint64_t version = 0;  // the launch template that it was made from; 0 = none
  bool operator==(const PlannedInstance&) const = default;
};

struct GroupMember {
  std::string id, zone;
  bool candidate = true;  // false: a read replica, which is never in sync
  bool operator==(const GroupMember&) const = default;
};
struct PlannedGroup {
  std::string name;  // "cache", "db"
  std::vector<GroupMember> members;
  std::string durability;
  std::string snapshot;  // folder of the data that the group starts with; "" = none
  bool operator==(const PlannedGroup&) const = default;
};

// Auto Scaling makes instances from it, as from an EC2 launch template. The plan keeps every
// version that is in use or that a rollback may need.
struct LaunchTemplate {
  uint64_t version = 1;
  std::string program;
  bool foreign = false;  // see PlannedInstance
  std::string cwd;
  std::vector<std::string> flags, secrets;
  std::map<std::string, std::string> env;
  bool operator==(const LaunchTemplate&) const = default;
};

// The Auto Scaling group of the web tier as planned; asg/asg.h has its settings at run time.
struct PlannedAsg {
  std::string tier;  // "web"; also the group's name
  uint16_t port = 0;
  int64_t min = 0, desired = 0, max = 0;
  int64_t target_cpu_percent = 0, target_requests_per_s = 0;  // 0 = no such policy
  uint64_t warmup_ms = 0, grace_ms = 0, deregistration_ms = 0;
  // An instance is replaced after load balancers have found it unhealthy for so long.
  uint64_t replace_unhealthy_after_ms = 0;
  std::vector<LaunchTemplate> templates;  // the newest is the last

  [[nodiscard]] const LaunchTemplate* launch_template(uint64_t version) const;
  bool operator==(const PlannedAsg&) const = default;
};

// Limits for each process of a tier, by control groups where the machine allows it; 0 = none.
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
  // Documents of the load balancers as JSON (base/elb): the one in force, and what an order's
  // document leaves as it is (plan/balancer.h).
  std::string balancer, balancer_base;
  std::map<std::string, PlannedLimits> limits;  // by tier
  uint64_t silence_ms = 0;
  uint64_t replace_hung_after_ms = 0;
  bool autoshift = false;
  uint64_t zone_latency_ms = 0, zone_jitter_ms = 0;  // in each direction, between any two zones
  bool operator==(const Plan&) const = default;

  [[nodiscard]] const PlannedInstance* instance(const std::string& id) const;
  [[nodiscard]] const PlannedEndpoint* endpoint(const std::string& name) const;
  [[nodiscard]] const PlannedGroup* group(const std::string& name) const;
};

// REQUIRES: check_config(config) found nothing, kOctetMin <= octet <= kOctetMax.
constexpr int kOctetMin = 20;
constexpr int kOctetMax = 99;
Plan build_plan(const Config& config, int octet);

// The block of addresses of a zone (an index into plan.zones): "127.20.1.0/24".
std::string zone_block(const Plan& plan, size_t zone);

// The instance that Auto Scaling would start next in that zone (an index into plan.zones), with the
// lowest free name and address and the template of that version. kLimit: the zone has no free
// address; kNotFound: the plan has no such version.
Result<PlannedInstance> next_instance(const Plan& plan, size_t zone, uint64_t version);

// The member that a group would get next in that zone, made like its first member, with a name that
// is not in `taken` either. kLimit as above.
Result<PlannedInstance> next_member(const Plan& plan, const PlannedGroup& group, size_t zone,
                                    const std::set<std::string>& taken);

std::string plan_to_json(const Plan& plan);
Result<Plan> plan_from_json(const std::string& text);
// Tables of zones, endpoints and instances, for users to read.
std::string plan_to_text(const Plan& plan);
// A mermaid flowchart with a box for each zone.
std::string plan_to_mermaid(const Plan& plan);

}  // namespace multiaz::orchestrator
