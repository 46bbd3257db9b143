// The plan: everything that will run, decided before anything runs. Deterministic; the executor
// uses nothing else (no file, flag or environment is read again). Printed by `multiaz plan`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "orchestrator/control/config.h"

namespace multiaz::orchestrator {

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
  bool operator==(const PlannedGroup&) const = default;
};

struct Plan {
  std::string name;
  int octet = 0;  // C in 127.C.Z.N
  std::string profile, bug;
  std::vector<std::string> zones;
  std::vector<PlannedEndpoint> endpoints;
  std::vector<PlannedInstance> instances;
  std::vector<PlannedGroup> groups;
  uint64_t silence_ms = 0;
  uint64_t replace_hung_after_ms = 0;
  bool operator==(const Plan&) const = default;

  [[nodiscard]] const PlannedInstance* instance(const std::string& id) const;
  [[nodiscard]] const PlannedEndpoint* endpoint(const std::string& name) const;
  [[nodiscard]] const PlannedGroup* group(const std::string& name) const;
};

// REQUIRES: check_config(config) found nothing, kOctetMin <= octet <= kOctetMax.
constexpr int kOctetMin = 20;
constexpr int kOctetMax = 99;
Plan build_plan(const Config& config, int octet);

std::string plan_to_json(const Plan& plan);
Result<Plan> plan_from_json(const std::string& text);
// For people: tables of zones, endpoints and instances.
std::string plan_to_text(const Plan& plan);

}  // namespace multiaz::orchestrator
