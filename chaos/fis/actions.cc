#include "chaos/fis/actions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace multiaz::chaos {

namespace {

using Ids = std::vector<std::string>;
using Parameters = std::vector<FisParameter>;
using enum FisValue;

std::string parameter(const FisAction& action, const std::string& key,
                      const std::string& fallback) {
  const auto found = action.parameters.find(key);
  return found == action.parameters.end() ? fallback : found->second;
}

uint64_t number(const FisAction& action, const std::string& key, uint64_t fallback) {
  return fis_number(parameter(action, key, ""), fallback);
}

uint64_t scaled_ms(const FisAction& action, double scale, const char* key = "duration") {
  const auto ms = duration_ms(parameter(action, key, "PT1M"));
  return scaled_fis_ms(ms ? *ms : 60'000, scale);
}

FisStep stop_instances(const FisAction& action, const Ids& ids, double scale) {
  if (!action.parameters.contains("startInstancesAfterDuration")) {
    return each_target(ids, "kill"_fault, 0);
  }
  // An instance that is stopped for a time is ended again whenever it is up.
  return each_target(ids, "restart_storm"_fault,
                     scaled_ms(action, scale, "startInstancesAfterDuration"));
}
FisStep terminate(const FisAction&, const Ids& ids, double) {
  return each_target(ids, "kill"_fault, 0);
}
FisStep restart(const FisAction&, const Ids& ids, double) {
  return each_target(ids, "restart"_fault, 0);
}
FisStep no_capacity(const FisAction& action, const Ids&, double scale) {
  FaultSpec fault = fis_fault("asg_suspend"_fault, "", scaled_ms(action, scale));
  fault.words["process"] = "Launch";
  FisStep step;
  step.lasts_ms = fault.for_ms;
  step.faults.push_back(std::move(fault));
  return step;
}
FisStep disrupt(const FisAction& action, const Ids& ids, double scale) {
  return each_target(ids, "zone_cut"_fault, scaled_ms(action, scale));
}
FisStep failover_db(const FisAction&, const Ids&, double) {
  return each_target({"db:primary"}, "failover"_fault, 0);
}
FisStep reboot_db(const FisAction& action, const Ids& ids, double scale) {
  const bool force = parameter(action, "forceFailover", "false") == "true";
  return force ? failover_db(action, ids, scale) : restart(action, ids, scale);
}
FisStep cache_power(const FisAction& action, const Ids& ids, double scale) {
  return each_target(ids, "restart_storm"_fault, scaled_ms(action, scale));
}
FisStep pause_io(const FisAction& action, const Ids& ids, double scale) {
  const uint64_t for_ms = scaled_ms(action, scale);
  return each_target(ids, "disk_slow"_fault, for_ms,
                     {{"amount", std::min<uint64_t>(for_ms, 60'000)}});
}
FisStep io_latency(const FisAction& action, const Ids& ids, double scale) {
  const uint64_t ms = std::max<uint64_t>(1, number(action, "writeIOLatencyMilliseconds", 100));
  return each_target(ids, "disk_slow"_fault, scaled_ms(action, scale), {{"amount", ms}});
}
FisStep kill_task(const FisAction& action, const Ids& ids, double) {
  const std::string name = parameter(action, "signal", "SIGTERM");
  return each_target(ids, name == "SIGKILL" ? "kill"_fault : "restart"_fault, 0);
}
FisStep task_latency(const FisAction& action, const Ids& ids, double scale) {
  return each_link(ids, "delay"_fault, scaled_ms(action, scale),
                   {{"delay_ms", std::max<uint64_t>(1, number(action, "delayMilliseconds", 200))},
                    {"jitter_ms", number(action, "jitterMilliseconds", 10)}});
}
FisStep task_loss(const FisAction& action, const Ids& ids, double scale) {
  return each_link(ids, "reset"_fault, scaled_ms(action, scale),
                   {{"percent", std::clamp<uint64_t>(number(action, "lossPercent", 7), 1, 100)}});
}
FisStep task_black_hole(const FisAction& action, const Ids& ids, double scale) {
  return each_link(ids, "black_hole"_fault, scaled_ms(action, scale), {});
}
FisStep task_cpu(const FisAction& action, const Ids& ids, double scale) {
  return each_target(ids, "cpu_hog"_fault, scaled_ms(action, scale),
                     {{"percent", std::clamp<uint64_t>(number(action, "percent", 100), 1, 95)}});
}
FisStep autoshift(const FisAction& action, const Ids&, double scale) {
  const char letter = zone_letter(parameter(action, "availabilityZoneIdentifier", ""));
  return each_target({std::string("az-") + letter}, "zone_shift"_fault, scaled_ms(action, scale));
}
FisStep wait(const FisAction& action, const Ids&, double scale) {
  FisStep step;
  step.lasts_ms = scaled_ms(action, scale);
  return step;
}

constexpr FisParameter kLasts{"duration", kDuration, true, ""};
constexpr FisTargetKind kInstances{"Instances", "aws:ec2:instance"},
    kTasks{"Tasks", "aws:ecs:task"}, kVolumes{"Volumes", "aws:ec2:ebs-volume"}, kNoTarget{"", ""};

std::vector<FisActionType> of_instances() {
  return {{"aws:ec2:stop-instances",
           kInstances,
           {{"startInstancesAfterDuration", kDuration, false, ""},
            {"completeIfInstancesTerminated", kFlag, false, "the action ends at its time"}},
           stop_instances},
          {"aws:ec2:terminate-instances", kInstances, {}, terminate},
          {"aws:ec2:reboot-instances", kInstances, {}, restart},
          {"aws:ssm:send-command",
           kInstances,
           {{"documentArn", kDocument, true, ""},
            {"documentParameters", kDocumentParameters, false, ""},
            {"documentVersion", kText, false, "a document has one version"},
            {"duration", kDuration, false, "DurationSeconds of the document counts"}},
           run_fis_document}};
}

std::vector<FisActionType> of_tasks() {
  const FisParameter endpoints{"useEcsFaultInjectionEndpoints", kFlag, false, "nothing is needed"};
  const FisParameter sources{"sources", kText, false, "the links to the balancers, all of them"};
  const FisParameter flows{"flowsPercent", kPercent, false, "all of them"};
  return {{"aws:ecs:stop-task", kTasks, {}, restart},
          {"aws:ecs:task-kill-process",
           kTasks,
           {{"processName", kText, true, "the task's process"}, {"signal", kSignal, false, ""}},
           kill_task},
          {"aws:ecs:task-network-latency",
           kTasks,
           {kLasts,
            {"delayMilliseconds", kMilliseconds, false, ""},
            {"jitterMilliseconds", kMilliseconds, false, ""},
            sources,
            flows,
            endpoints},
           task_latency},
          {"aws:ecs:task-network-packet-loss",
           kTasks,
           {kLasts, {"lossPercent", kPercent, false, ""}, sources, flows, endpoints},
           task_loss},
          {"aws:ecs:task-network-blackhole-port",
           kTasks,
           {kLasts,
            {"port", kText, false, "all ports"},
            {"protocol", kText, false, "TCP"},
            {"trafficType", kText, false, "both directions"},
            endpoints},
           task_black_hole},
          {"aws:ecs:task-cpu-stress",
           kTasks,
           {kLasts,
            {"percent", kPercent, false, ""},
            {"workers", kText, false, "the task's only loop"},
            endpoints},
           task_cpu}};
}

std::vector<FisActionType> of_zones() {
  return {{"aws:ec2:asg-insufficient-instance-capacity-error",
           {"AutoScalingGroups", "aws:ec2:autoscaling-group"},
           {kLasts,
            {"availabilityZoneIdentifiers", kZone, false, "launches fail in all zones"},
            {"percentage", kPercent, false, "all launches fail"}},
           no_capacity},
          {"aws:network:disrupt-connectivity",
           {"Subnets", "aws:ec2:subnet"},
           {kLasts, {"scope", kScope, false, ""}},
           disrupt},
          {"aws:arc:start-zonal-autoshift",
           {"ManagedResources", "aws:arc:zonal-shift-managed-resource"},
           {kLasts,
            {"availabilityZoneIdentifier", kZone, true, ""},
            {"managedResourceTypes", kText, false, "the balancers"},
            {"zonalAutoshiftStatus", kText, false, "any"}},
           autoshift},
          {"aws:fis:wait", kNoTarget, {kLasts}, wait}};
}

std::vector<FisActionType> of_data() {
  return {{"aws:rds:reboot-db-instances",
           {"DBInstances", "aws:rds:db"},
           {{"forceFailover", kFlag, false, ""}},
           reboot_db},
          {"aws:rds:failover-db-cluster", {"Clusters", "aws:rds:cluster"}, {}, failover_db},
          {"aws:elasticache:replicationgroup-interrupt-az-power",
           {"ReplicationGroups", "aws:elasticache:replicationgroup"},
           {kLasts},
           cache_power},
          {"aws:ebs:pause-volume-io", kVolumes, {kLasts}, pause_io},
          {"aws:ebs:volume-io-latency",
           kVolumes,
           {kLasts,
            {"readIOPercentage", kPercent, false, "reads are not slowed"},
            {"readIOLatencyMilliseconds", kMilliseconds, false, "reads are not slowed"},
            {"writeIOPercentage", kPercent, false, "all writes"},
            {"writeIOLatencyMilliseconds", kMilliseconds, false, ""}},
           io_latency}};
}

const std::vector<FisActionType>& fis_table() {
  static const std::vector<FisActionType> kTable = [] {
    std::vector<FisActionType> all = of_instances();
    for (const auto& part : {of_tasks(), of_zones(), of_data()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return kTable;
}

}  // namespace

FaultSpec fis_fault(FaultId kind, std::string target, uint64_t for_ms) {
  FaultSpec out;
  out.kind = to_string(kind);
  out.target = std::move(target);
  out.for_ms = for_ms;
  return out;
}

FisStep each_target(const Ids& ids, FaultId kind, uint64_t for_ms,
                    const std::map<std::string, uint64_t>& figures) {
  FisStep step;
  for (const std::string& id : ids) {
    step.faults.push_back(fis_fault(kind, id, for_ms));
    step.faults.back().figures = figures;
  }
  step.lasts_ms = for_ms;
  return step;
}

FisStep each_link(const Ids& ids, FaultId kind, uint64_t for_ms,
                  const std::map<std::string, uint64_t>& figures) {
  FisStep step = each_target(ids, kind, for_ms, figures);
  for (FaultSpec& fault : step.faults) fault.to = "lb";
  return step;
}

const FisActionType* find_fis_action(const std::string& id) {
  const auto& table = fis_table();
  const auto found = std::ranges::find(table, id, &FisActionType::id);
  return found == table.end() ? nullptr : &*found;
}

std::string fis_action_names() {
  std::vector<std::string_view> ids;
  for (const FisActionType& one : fis_table()) ids.push_back(one.id);
  return fmt::to_string(fmt::join(ids, ", "));
}

}  // namespace multiaz::chaos
