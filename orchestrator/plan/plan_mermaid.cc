// The plan as a mermaid flowchart.
#include <map>

#include "orchestrator/plan/plan.h"

namespace multiaz::orchestrator {

namespace {

// Names in mermaid have no '-'.
std::string node(const std::string& id) {
  std::string out = id;
  for (char& c : out) {
    if (c == '-') c = '_';
  }
  return out;
}

std::string box(const PlannedInstance& one, bool primary) {
  return "    " + node(one.id) + "[\"" + one.id + (primary ? " (primary)" : "") + "<br/>" +
         one.address + ":" + std::to_string(one.port) + "\"]\n";
}

}  // namespace

std::string plan_to_mermaid(const Plan& plan) {
  std::map<std::string, std::string> zones;  // kNoZone is among them
  for (const PlannedInstance& one : plan.instances) {
    const PlannedGroup* group = plan.group(one.tier);
    zones[one.zone] += box(one, group && group->members.front().id == one.id);
  }
  std::string out = "flowchart LR\n  shoppers((shoppers))\n";
  for (const auto& [zone, boxes] : zones) {
    out += "  subgraph " + node(zone) + "[" + zone + "]\n" + boxes + "  end\n";
  }
  for (const PlannedInstance& one : plan.instances) {
    if (one.tier == "lb") out += "  shoppers --> " + node(one.id) + " --> web{{web tier}}\n";
    if (one.tier == "web") out += "  web --- " + node(one.id) + "\n";
    if (one.tier == "dns") out += "  shoppers -. names .-> " + node(one.id) + "\n";
  }
  for (const PlannedGroup& group : plan.groups) {
    const std::string primary = node(group.members.front().id);
    out += "  web --> " + primary + "\n";
    for (size_t i = 1; i < group.members.size(); ++i) {
      out += "  " + primary + (group.members[i].candidate ? " == in sync ==> " : " -. later .-> ") +
             node(group.members[i].id) + "\n";
    }
  }
  return out;
}

}  // namespace multiaz::orchestrator
