// Resolves targets to instances, and turns startAfter into times.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/core/random.h"
#include "chaos/fis/actions.h"
#include "chaos/plan/scenario_file.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kBetweenMs = 100;  // an action that waits for another begins so much later

struct ResourceType {
  std::string_view type;
  std::vector<std::string_view> tiers;  // tiers whose instances are such resources
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

bool same_zone(const std::string& ours, const std::string& theirs) {
  const char letter = zone_letter(ours);
  return letter != 0 && letter == zone_letter(theirs);
}

bool has_tag(const FisResource& one, const std::string& key, const std::string& value) {
  if (key == "tier") return one.tier == value;
  if (key == "Name") return one.id == value;
  if (key == "role") return one.role == value;
  if (key == "zone" || key == "az") return same_zone(one.zone, value);
  return key == "app" && value == "shop";  // all instances belong to the shop
}

bool passes(const FisResource& one, const std::string& path,
            const std::vector<std::string>& values) {
  const bool zone = path.find("AvailabilityZone") != std::string::npos;
  return std::ranges::any_of(values, [&](const std::string& value) {
    if (zone) return same_zone(one.zone, value);
    return value == "running" || value == "RUNNING";  // State.Name, LastStatus
  });
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
  return std::ranges::any_of(target.arns, [&](const std::string& arn) {
    const size_t slash = arn.find_last_of("/:");
    return arn.substr(slash + 1) == one.id;
  });
}

// {"tier":"web"} as "tier=web", for a message that says which target was looked for.
std::string looked_for(const FisTarget& target) {
  std::vector<std::string> out;
  for (const auto& [key, value] : target.tags) out.push_back(key + "=" + value);
  out.insert(out.end(), target.arns.begin(), target.arns.end());
  for (const auto& [path, values] : target.filters) {
    for (const std::string& value : values) out.push_back(path + "=" + value);
  }
  for (const auto& [key, value] : target.parameters) out.push_back(key + "=" + value);
  return fmt::to_string(fmt::join(out, ", "));
}

using Resolved = std::map<std::string, Result<std::vector<std::string>>>;

// From names of actions to times: startAfter says which action waits for which.
class Layout {
 public:
  Layout(const FisTemplate& fis, const std::vector<FisResource>& resources, double scale)
      : fis_(fis), resources_(resources), scale_(scale) {}

  Status lay(const Resolved& resolved, Scenario& out) {
    while (ends_ms_.size() < fis_.actions.size()) {
      const size_t before = ends_ms_.size();
      for (const FisAction& action : fis_.actions) {
        if (ends_ms_.contains(action.name) || !ready(action)) continue;
        const Status placed = place(action, resolved, out);
        if (!placed) return placed;
      }
      if (ends_ms_.size() == before) return circle();
    }
    if (out.faults.size() > kFaultsPerScenarioMax) {
      return Error(Code::kInvalid, fmt::format("actions: they make {} faults, at most {}",
                                               out.faults.size(), kFaultsPerScenarioMax));
    }
    return Status();
  }

 private:
  [[nodiscard]] bool ready(const FisAction& action) const {
    return std::ranges::all_of(
        action.start_after, [this](const std::string& other) { return ends_ms_.contains(other); });
  }

  [[nodiscard]] Error circle() const {
    std::vector<std::string> names;
    for (const FisAction& action : fis_.actions) {
      if (!ends_ms_.contains(action.name)) names.push_back(action.name);
    }
    return Error(Code::kInvalid, fmt::format("actions: startAfter goes round in a circle: {}",
                                             fmt::join(names, ", ")));
  }

  Status place(const FisAction& action, const Resolved& resolved, Scenario& out) {
    uint64_t begin_ms = 0;
    for (const std::string& other : action.start_after) {
      begin_ms = std::max(begin_ms, ends_ms_[other] + kBetweenMs);
    }
    const FisActionType* type = find_fis_action(action.id);
    std::vector<std::string> ids;
    if (!type->target.key.empty()) {
      const std::string& name = action.targets.at(std::string(type->target.key));
      const auto& found = resolved.at(name);
      if (!found) {
        note_skipped(out, action.name + ": targets." + name + ": " + found.error().detail);
        ends_ms_[action.name] = begin_ms;
        return Status();
      }
      ids = *found;
    }
    FisStep step = type->carry_out(action, ids, scale_);
    for (size_t i = 0; i < step.faults.size(); ++i) {
      FaultSpec fault = std::move(step.faults[i]);
      const bool zone = fault.kind == "zone_shift";
      const bool there =
          std::ranges::any_of(resources_, [&](const auto& one) { return one.id == fault.target; });
      if (zone && !there) {
        return Error(Code::kInvalid,
                     "actions." + action.name + ": there is no zone " + fault.target);
      }
      fault.name = action.name + (step.faults.size() > 1 ? "-" + std::to_string(i + 1) : "");
      fault.when.at_ms = begin_ms;
      out.faults.push_back(std::move(fault));
    }
    ends_ms_[action.name] = begin_ms + step.lasts_ms;
    if (ends_ms_[action.name] <= kScenarioMsMax) return Status();
    return Error(Code::kInvalid, "actions." + action.name + ": it ends after more than 24 hours");
  }

  const FisTemplate& fis_;
  const std::vector<FisResource>& resources_;
  double scale_;
  std::map<std::string, uint64_t> ends_ms_;
};

}  // namespace

std::vector<FisResource> usual_resources() {
  std::vector<FisResource> out = {{"web", "asg", "", ""}};
  const char* const cache[] = {"primary", "replica", "replica"};
  const char* const db[] = {"primary", "standby", "replica"};
  for (size_t i = 0; i < 3; ++i) {
    const std::string letter(1, static_cast<char>('a' + i)), zone = "az-" + letter;
    out.push_back({zone, "zone", zone, ""});
    out.push_back({"lb-" + letter + "1", "lb", zone, ""});
    out.push_back({"web-" + letter + "1", "web", zone, ""});
    out.push_back({"web-" + letter + "2", "web", zone, ""});
    out.push_back({"cache-" + letter + "1", "cache", zone, cache[i]});
    out.push_back({"db-" + letter + "1", "db", zone, db[i]});
  }
  return out;
}

Result<std::vector<std::string>> resolve_fis(const FisTarget& target,
                                             const std::vector<FisResource>& resources,
                                             uint64_t seed) {
  const auto type = std::ranges::find(resource_types(), target.type, &ResourceType::type);
  if (type == resource_types().end()) {
    return Error(Code::kInvalid, "there are no resources of the type " + target.type + " here");
  }
  std::vector<std::string> ids;
  for (const FisResource& one : resources) {
    const bool of_type = std::ranges::find(type->tiers, one.tier) != type->tiers.end();
    if (of_type && fits(target, one)) ids.push_back(one.id);
  }
  if (ids.empty()) {
    return Error(Code::kNotFound, "no " + target.type + " fits " + looked_for(target));
  }
  size_t wanted = ids.size();
  if (target.selection == "COUNT") wanted = std::min<size_t>(wanted, target.count);
  if (target.selection == "PERCENT") wanted = ids.size() * target.count / 100;
  if (wanted == 0) {
    return Error(Code::kNotFound,
                 fmt::format("PERCENT({}) of {} selects none: it is rounded down, as on AWS",
                             target.count, ids.size()));
  }
  Random random(seed);
  for (size_t i = 0; i < wanted; ++i) std::swap(ids[i], ids[i + random.below(ids.size() - i)]);
  ids.resize(wanted);
  std::ranges::sort(ids);
  return ids;
}

Result<Scenario> lay_out(const FisTemplate& fis, const std::vector<FisResource>& resources,
                         double scale, uint64_t seed) {
  Resolved resolved;
  uint64_t number = 0;
  for (const auto& [name, target] : fis.targets) {
    auto ids = resolve_fis(target, resources, seed * 31 + ++number);
    const bool empty = !ids && ids.error().code == Code::kNotFound;
    if (!ids && (!empty || !fis.skip_empty)) {
      constexpr const char* kFails =
          ": the experiment fails, as on AWS (experimentOptions.emptyTargetResolutionMode is fail)";
      return Error(ids.error().code,
                   "targets." + name + ": " + ids.error().detail + (empty ? kFails : ""));
    }
    resolved.emplace(name, std::move(ids));
  }
  Scenario out;
  out.title = fis.description;
  out.about = "AWS FIS";
  out.stop_when = fis.alarms;
  out.seed = seed;
  const Status laid = Layout(fis, resources, scale).lay(resolved, out);
  if (!laid) return laid.error();
  return out;
}

}  // namespace multiaz::chaos
