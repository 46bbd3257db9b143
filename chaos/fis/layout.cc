// From targets to instances, and from startAfter to times.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/core/random.h"
#include "chaos/fis/actions.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kBetweenMs = 100;  // an action that waits for another begins so much later

struct ResourceType {
  std::string_view type;
  std::vector<std::string_view> tiers;  // whose instances are such resources
};

const std::vector<ResourceType>& resource_types() {
  static const std::vector<ResourceType> kTypes = {
      {"aws:ec2:instance", {"web"}},
      {"aws:ecs:task", {"web"}},
      {"aws:ec2:autoscaling-group", {"asg"}},
      {"aws:ec2:subnet", {"zone"}},
      {"aws:rds:db", {"db"}},
      {"aws:rds:cluster", {"db"}},
      {"aws:elasticache:replicationgroup", {"cache"}},
      {"aws:ec2:ebs-volume", {"db", "cache"}},
      {"aws:arc:zonal-shift-managed-resource", {"lb"}},
  };
  return kTypes;
}

// "us-east-1b", "local-1b", "az-b": by their last letter.
bool same_zone(const std::string& ours, const std::string& theirs) {
  return !ours.empty() && !theirs.empty() && ours.back() == theirs.back();
}

bool has_tag(const FisResource& one, const std::string& key, const std::string& value) {
  if (key == "tier") return one.tier == value;
  if (key == "Name") return one.id == value;
  if (key == "role") return one.role == value;
  if (key == "zone" || key == "az") return same_zone(one.zone, value);
  return key == "app" && value == "shop";  // all of it is the shop
}

bool passes(const FisResource& one, const std::string& path,
            const std::vector<std::string>& values) {
  if (path == "State.Name")
    return std::find(values.begin(), values.end(), "running") != values.end();
  const bool zone = path.find("AvailabilityZone") != std::string::npos;
  return zone && std::any_of(values.begin(), values.end(),
                             [&](const std::string& value) { return same_zone(one.zone, value); });
}

bool fits(const FisTarget& target, const FisResource& one) {
  for (const auto& [key, value] : target.tags) {
    if (!has_tag(one, key, value)) return false;
  }
  for (const auto& [path, values] : target.filters) {
    if (!passes(one, path, values)) return false;
  }
  const auto zone = target.parameters.find("availabilityZoneIdentifier");
  if (zone != target.parameters.end() && !same_zone(one.zone, zone->second)) return false;
  if (target.arns.empty()) return true;
  return std::any_of(target.arns.begin(), target.arns.end(), [&](const std::string& arn) {
    const size_t slash = arn.find_last_of("/:");
    return arn.substr(slash + 1) == one.id;
  });
}

}  // namespace

Result<std::vector<std::string>> resolve_fis(const FisTarget& target,
                                             const std::vector<FisResource>& resources,
                                             uint64_t seed) {
  const auto& types = resource_types();
  const auto type = std::find_if(types.begin(), types.end(),
                                 [&](const ResourceType& one) { return one.type == target.type; });
  if (type == types.end()) {
    return Error(Code::kInvalid, "there are no resources of the type " + target.type + " here");
  }
  std::vector<std::string> ids;
  for (const FisResource& one : resources) {
    const bool of_type =
        std::find(type->tiers.begin(), type->tiers.end(), one.tier) != type->tiers.end();
    if (of_type && fits(target, one)) ids.push_back(one.id);
  }
  if (ids.empty()) {
    return Error(Code::kNotFound, "no " + target.type + " fits: the experiment fails, as on AWS");
  }
  size_t wanted = ids.size();
  if (target.selection == "COUNT") wanted = std::min<size_t>(wanted, target.count);
  if (target.selection == "PERCENT") {  // rounded down, but never to none
    wanted = std::max<size_t>(1, ids.size() * target.count / 100);
  }
  Random random(seed);
  for (size_t i = 0; i < wanted; ++i) std::swap(ids[i], ids[i + random.below(ids.size() - i)]);
  ids.resize(wanted);
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<Scenario> lay_out(const FisTemplate& fis, const std::vector<FisResource>& resources,
                         double scale, uint64_t seed) {
  std::map<std::string, std::vector<std::string>> resolved;
  uint64_t number = 0;
  for (const auto& [name, target] : fis.targets) {
    auto ids = resolve_fis(target, resources, seed * 31 + ++number);
    if (!ids) return Error(ids.error().code, "targets." + name + ": " + ids.error().detail);
    resolved[name] = std::move(*ids);
  }
  Scenario out;
  out.title = fis.description;
  out.about = "AWS FIS";
  out.stop_when = fis.alarms;
  out.seed = seed;
  std::map<std::string, uint64_t> ends_ms;
  while (ends_ms.size() < fis.actions.size()) {
    const size_t before = ends_ms.size();
    for (const FisAction& action : fis.actions) {
      if (ends_ms.contains(action.name)) continue;
      uint64_t begin_ms = 0;
      bool ready = true;
      for (const std::string& other : action.start_after) {
        ready = ready && ends_ms.contains(other);
        if (ready) begin_ms = std::max(begin_ms, ends_ms[other] + kBetweenMs);
      }
      if (!ready) continue;
      const FisActionType* type = find_fis_action(action.id);
      const auto used = action.targets.find(std::string(type->target_key));
      const bool targeted = used != action.targets.end();
      const FisTarget* target = targeted ? &fis.targets.at(used->second) : nullptr;
      const auto ids = targeted ? resolved[used->second] : std::vector<std::string>();
      auto step = type->carry_out(action, target, ids, scale);
      if (!step)
        return Error(step.error().code, "actions." + action.name + ": " + step.error().detail);
      for (size_t i = 0; i < step->faults.size(); ++i) {
        FaultSpec fault = std::move(step->faults[i]);
        fault.name = action.name + (step->faults.size() > 1 ? "-" + std::to_string(i + 1) : "");
        fault.when.at_ms = begin_ms;
        out.faults.push_back(std::move(fault));
      }
      ends_ms[action.name] = begin_ms + step->lasts_ms;
    }
    if (ends_ms.size() == before) {
      return Error(Code::kInvalid, "actions: startAfter goes round in a circle");
    }
  }
  return out;
}

}  // namespace multiaz::chaos
