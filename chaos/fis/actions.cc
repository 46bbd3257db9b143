#include "chaos/fis/actions.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

namespace multiaz::chaos {

namespace {

using Step = Result<FisStep>;
using Ids = std::vector<std::string>;

std::string parameter(const FisAction& action, const std::string& key,
                      const std::string& fallback) {
  const auto found = action.parameters.find(key);
  return found == action.parameters.end() ? fallback : found->second;
}

uint64_t number(const FisAction& action, const std::string& key, uint64_t fallback) {
  const std::string text = parameter(action, key, "");
  return text.empty() ? fallback : std::strtoull(text.c_str(), nullptr, 10);
}

// The action's duration, scaled; at least a tenth of a second.
uint64_t scaled_ms(const FisAction& action, double scale, const char* key = "duration") {
  const auto ms = duration_ms(parameter(action, key, "PT1M"));
  const double scaled = static_cast<double>(ms ? *ms : 60'000) * scale;
  return std::max<uint64_t>(100, static_cast<uint64_t>(scaled));
}

FaultSpec fault_on(std::string kind, std::string target, uint64_t for_ms) {
  FaultSpec out;
  out.kind = std::move(kind);
  out.target = std::move(target);
  out.for_ms = for_ms;
  return out;
}

Step each(const Ids& ids, const std::string& kind, uint64_t for_ms) {
  FisStep step;
  for (const std::string& id : ids) step.faults.push_back(fault_on(kind, id, for_ms));
  step.lasts_ms = for_ms;
  return step;
}

Step each_with(const Ids& ids, const std::string& kind, uint64_t for_ms, const std::string& key,
               uint64_t value) {
  Step step = each(ids, kind, for_ms);
  for (FaultSpec& fault : step->faults) fault.figures[key] = value;
  return step;
}

// Between each and every zone, which is as much as its network.
Step each_link(const Ids& ids, const std::string& kind, uint64_t for_ms,
               const std::map<std::string, uint64_t>& figures) {
  FisStep step;
  for (const std::string& id : ids) {
    FaultSpec fault = fault_on(kind, id, for_ms);
    fault.to = "lb";
    fault.figures = figures;
    step.faults.push_back(std::move(fault));
  }
  step.lasts_ms = for_ms;
  return step;
}

Step stop_instances(const FisAction& action, const FisTarget*, const Ids& ids, double scale) {
  if (!action.parameters.contains("startInstancesAfterDuration")) return each(ids, "kill", 0);
  // Away for so long: it is ended again whenever it is up.
  return each(ids, "restart_storm", scaled_ms(action, scale, "startInstancesAfterDuration"));
}
Step terminate(const FisAction&, const FisTarget*, const Ids& ids, double) {
  return each(ids, "kill", 0);
}
Step reboot(const FisAction&, const FisTarget*, const Ids& ids, double) {
  return each(ids, "restart", 0);
}
Step no_capacity(const FisAction& action, const FisTarget*, const Ids&, double scale) {
  FaultSpec fault = fault_on("asg_suspend", "", scaled_ms(action, scale));
  fault.words["process"] = "Launch";
  FisStep step;
  step.lasts_ms = fault.for_ms;
  step.faults.push_back(std::move(fault));
  return step;
}
Step disrupt(const FisAction& action, const FisTarget*, const Ids& ids, double scale) {
  const std::string scope = parameter(action, "scope", "all");
  if (scope != "all" && scope != "availability-zone") {
    return Error(Code::kInvalid, "scope is all or availability-zone here, not \"" + scope + "\"");
  }
  return each(ids, "zone_cut", scaled_ms(action, scale));
}
Step reboot_db(const FisAction& action, const FisTarget*, const Ids& ids, double) {
  if (parameter(action, "forceFailover", "false") != "true") return each(ids, "restart", 0);
  return each({"db:primary"}, "failover", 0);
}
Step failover_db(const FisAction&, const FisTarget*, const Ids&, double) {
  return each({"db:primary"}, "failover", 0);
}
Step cache_power(const FisAction& action, const FisTarget*, const Ids& ids, double scale) {
  return each(ids, "restart_storm", scaled_ms(action, scale));
}
Step pause_io(const FisAction& action, const FisTarget*, const Ids& ids, double scale) {
  const uint64_t for_ms = scaled_ms(action, scale);
  return each_with(ids, "disk_slow", for_ms, "amount", std::min<uint64_t>(for_ms, 60'000));
}
Step io_latency(const FisAction& action, const FisTarget*, const Ids& ids, double scale) {
  const uint64_t ms = std::max<uint64_t>(1, number(action, "writeIOLatencyMilliseconds", 100));
  return each_with(ids, "disk_slow", scaled_ms(action, scale), "amount", ms);
}
Step kill_task(const FisAction& action, const FisTarget*, const Ids& ids, double) {
  const std::string name = parameter(action, "signal", "SIGTERM");
  return each(ids, name == "SIGKILL" ? "kill" : "restart", 0);
}
Step task_latency(const FisAction& action, const FisTarget*, const Ids& ids, double scale) {
  return each_link(ids, "delay", scaled_ms(action, scale),
                   {{"delay_ms", number(action, "delayMilliseconds", 200)},
                    {"jitter_ms", number(action, "jitterMilliseconds", 10)}});
}
Step task_loss(const FisAction& action, const FisTarget*, const Ids& ids, double scale) {
  return each_link(ids, "reset", scaled_ms(action, scale),
                   {{"percent", std::clamp<uint64_t>(number(action, "lossPercent", 7), 1, 100)}});
}
Step task_black_hole(const FisAction& action, const FisTarget*, const Ids& ids, double scale) {
  return each_link(ids, "black_hole", scaled_ms(action, scale), {});
}
Step task_cpu(const FisAction& action, const FisTarget*, const Ids& ids, double scale) {
  return each_with(ids, "cpu_hog", scaled_ms(action, scale), "percent",
                   std::clamp<uint64_t>(number(action, "percent", 100), 1, 95));
}
Step autoshift(const FisAction& action, const FisTarget*, const Ids&, double scale) {
  const std::string zone = parameter(action, "availabilityZoneIdentifier", "");
  if (zone.empty()) return Error(Code::kInvalid, "availabilityZoneIdentifier is needed");
  return each({std::string("az-") + zone.back()}, "zone_shift", scaled_ms(action, scale));
}
Step wait(const FisAction& action, const FisTarget*, const Ids&, double scale) {
  FisStep step;
  step.lasts_ms = scaled_ms(action, scale);
  return step;
}

// The AWSFIS-Run-... documents that we know; an unknown one is an error, never skipped.
Step send_command(const FisAction& action, const FisTarget*, const Ids& ids, double scale) {
  const std::string arn = parameter(action, "documentArn", "");
  const std::string name = arn.substr(arn.find_last_of('/') + 1);
  const auto given =
      nlohmann::json::parse(parameter(action, "documentParameters", "{}"), nullptr, false);
  const auto figure = [&](const char* key, uint64_t fallback) {
    if (!given.is_object() || !given.contains(key)) return fallback;
    const auto& value = given[key];
    return value.is_string()
               ? uint64_t{std::strtoull(value.get<std::string>().c_str(), nullptr, 10)}
               : value.get<uint64_t>();
  };
  const double seconds = static_cast<double>(figure("DurationSeconds", 60)) * scale;
  const uint64_t for_ms = std::max<uint64_t>(100, static_cast<uint64_t>(seconds * 1000));
  if (name == "AWSFIS-Run-CPU-Stress") {
    return each_with(ids, "cpu_hog", for_ms, "percent",
                     std::clamp<uint64_t>(figure("LoadPercent", 100), 1, 95));
  }
  if (name == "AWSFIS-Run-Memory-Stress")
    return each_with(ids, "memory_hog", for_ms, "amount", 128);
  if (name == "AWSFIS-Run-Kill-Process") return each(ids, "kill", 0);
  if (name == "AWSFIS-Run-Network-Latency") {
    return each_link(ids, "delay", for_ms, {{"delay_ms", figure("DelayMilliseconds", 200)}});
  }
  if (name == "AWSFIS-Run-Network-Packet-Loss") {
    const uint64_t percent = std::clamp<uint64_t>(figure("LossPercent", 7), 1, 100);
    return each_link(ids, "reset", for_ms, {{"percent", percent}});
  }
  if (name == "AWSFIS-Run-Network-Blackhole-Port") return each_link(ids, "black_hole", for_ms, {});
  return Error(Code::kInvalid, "the document " + name +
                                   " is not known here; known are AWSFIS-Run-CPU-Stress, "
                                   "-Memory-Stress, -Kill-Process, -Network-Latency, "
                                   "-Network-Packet-Loss and -Network-Blackhole-Port");
}

std::vector<FisActionType> of_instances() {
  const char* instance = "aws:ec2:instance";
  return {{"aws:ec2:stop-instances",
           "Instances",
           instance,
           {},
           {"startInstancesAfterDuration", "completeIfInstancesTerminated"},
           stop_instances},
          {"aws:ec2:terminate-instances", "Instances", instance, {}, {}, terminate},
          {"aws:ec2:reboot-instances", "Instances", instance, {}, {}, reboot},
          {"aws:ssm:send-command",
           "Instances",
           instance,
           {"documentArn"},
           {"documentParameters", "documentVersion", "duration"},
           send_command}};
}

std::vector<FisActionType> of_tasks() {
  const char* task = "aws:ecs:task";
  return {
      {"aws:ecs:task-kill-process", "Tasks", task, {"processName"}, {"signal"}, kill_task},
      {"aws:ecs:task-network-latency",
       "Tasks",
       task,
       {"duration"},
       {"delayMilliseconds", "jitterMilliseconds", "sources", "flowsPercent",
        "useEcsFaultInjectionEndpoints"},
       task_latency},
      {"aws:ecs:task-network-packet-loss",
       "Tasks",
       task,
       {"duration"},
       {"lossPercent", "sources", "flowsPercent", "useEcsFaultInjectionEndpoints"},
       task_loss},
      {"aws:ecs:task-network-blackhole-port",
       "Tasks",
       task,
       {"duration"},
       {"port", "protocol", "trafficType", "useEcsFaultInjectionEndpoints"},
       task_black_hole},
      {"aws:ecs:task-cpu-stress", "Tasks", task, {"duration"}, {"percent", "workers"}, task_cpu}};
}

std::vector<FisActionType> of_data_and_zones() {
  return {{"aws:ec2:asg-insufficient-instance-capacity-error",
           "AutoScalingGroups",
           "aws:ec2:autoscaling-group",
           {"duration"},
           {"availabilityZoneIdentifiers", "percentage"},
           no_capacity},
          {"aws:network:disrupt-connectivity",
           "Subnets",
           "aws:ec2:subnet",
           {"duration"},
           {"scope"},
           disrupt},
          {"aws:rds:reboot-db-instances",
           "DBInstances",
           "aws:rds:db",
           {},
           {"forceFailover"},
           reboot_db},
          {"aws:rds:failover-db-cluster", "Clusters", "aws:rds:cluster", {}, {}, failover_db},
          {"aws:elasticache:replicationgroup-interrupt-az-power",
           "ReplicationGroups",
           "aws:elasticache:replicationgroup",
           {"duration"},
           {},
           cache_power},
          {"aws:ebs:pause-volume-io", "Volumes", "aws:ec2:ebs-volume", {"duration"}, {}, pause_io},
          {"aws:ebs:volume-io-latency",
           "Volumes",
           "aws:ec2:ebs-volume",
           {"duration"},
           {"readIOPercentage", "readIOLatencyMilliseconds", "writeIOPercentage",
            "writeIOLatencyMilliseconds"},
           io_latency},
          {"aws:arc:start-zonal-autoshift",
           "ManagedResources",
           "aws:arc:zonal-shift-managed-resource",
           {"duration", "availabilityZoneIdentifier"},
           {"managedResourceTypes", "zonalAutoshiftStatus"},
           autoshift},
          {"aws:fis:wait", "", "", {"duration"}, {}, wait}};
}

const std::vector<FisActionType>& fis_table() {
  static const std::vector<FisActionType> kTable = [] {
    std::vector<FisActionType> all = of_instances();
    for (const auto& part : {of_tasks(), of_data_and_zones()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return kTable;
}

}  // namespace

const FisActionType* find_fis_action(const std::string& id) {
  for (const FisActionType& one : fis_table()) {
    if (one.id == id) return &one;
  }
  return nullptr;
}

std::string fis_action_names() {
  std::string out;
  for (const FisActionType& one : fis_table())
    out += (out.empty() ? "" : ", ") + std::string(one.id);
  return out;
}

}  // namespace multiaz::chaos
