// The plan as tables for users to read.
#include <algorithm>

#include "orchestrator/plan/plan.h"

namespace multiaz::orchestrator {

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string table(const Rows& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line = " ";
    for (size_t i = 0; i < row.size(); ++i) {
      line += " " + row[i] + std::string(widths[i] - row[i].size() + 1, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

// The role that the plan gives to the instance at the start; a failover changes it later.
std::string first_role(const Plan& plan, const PlannedInstance& one) {
  const PlannedGroup* group = plan.group(one.tier);
  if (!group) return "-";
  if (group->members.front().id == one.id) return "primary";
  for (const GroupMember& member : group->members) {
    if (member.id != one.id) continue;
    return one.tier == "db" && member.candidate ? "standby" : "replica";
  }
  return "-";
}

}  // namespace

std::string plan_to_text(const Plan& plan) {
  std::string out = "cluster " + plan.name + ": " + std::to_string(plan.zones.size()) + " zones, " +
                    std::to_string(plan.instances.size()) + " instances, profile " + plan.profile +
                    (plan.bug == "none" ? "" : ", bug " + plan.bug) + "\n";
  out += "silent after " + std::to_string(plan.silence_ms) + " ms, replaced when hung for " +
         std::to_string(plan.replace_hung_after_ms) + " ms\n\nendpoints\n";
  Rows rows;
  for (const PlannedEndpoint& one : plan.endpoints) {
    rows.push_back({one.name, one.address + ":" + std::to_string(one.port),
                    one.optional ? "if it is free" : ""});
  }
  const PlannedAsg& asg = plan.asg;
  out += table(rows) + "\nauto scaling group\n  " + asg.tier + "  min " + std::to_string(asg.min) +
         ", desired " + std::to_string(asg.desired) + ", max " + std::to_string(asg.max);
  if (asg.target_cpu_percent) {
    out += ", target " + std::to_string(asg.target_cpu_percent) + " % CPU";
  }
  if (asg.target_requests_per_s) {
    out += ", target " + std::to_string(asg.target_requests_per_s) + " requests/s an instance";
  }
  out += "\n\ninstances\n";
  rows.clear();
  rows.push_back({"ID", "ZONE", "ROLE", "ADDRESS", "PROGRAM"});
  for (const PlannedInstance& one : plan.instances) {
    rows.push_back({one.id, one.zone, first_role(plan, one),
                    one.address + ":" + std::to_string(one.port), one.program});
  }
  out += table(rows) + "\nreplication groups\n";
  rows.clear();
  rows.push_back({"GROUP", "IN SYNC", "READ REPLICAS", "A WRITE HAS SURVIVED"});
  for (const PlannedGroup& group : plan.groups) {
    std::string in_sync, replicas;
    for (const GroupMember& member : group.members) {
      std::string& list = member.candidate ? in_sync : replicas;
      list += (list.empty() ? "" : ", ") + member.id;
    }
    rows.push_back({group.name, in_sync, replicas.empty() ? "-" : replicas, group.durability});
  }
  return out + table(rows);
}

}  // namespace multiaz::orchestrator
