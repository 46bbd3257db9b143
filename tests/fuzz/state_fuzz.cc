// The files and the stored state that the orchestrator reads; the first byte chooses the kind. What
// was read can be written, and reads back the same.
#include <nlohmann/json.hpp>
#include <string>

#include "base/core/check.h"
#include "base/core/jsonio.h"
#include "base/zone/records.h"
#include "orchestrator/plan/cluster_file.h"
#include "orchestrator/asg/asg.h"
#include "orchestrator/asg/cron.h"
#include "orchestrator/faults/fault.h"
#include "orchestrator/plan/plan.h"
#include "orchestrator/rds/snapshots.h"

using namespace multiaz;
using namespace multiaz::orchestrator;

namespace {

template <typename Read, typename Write>
void there_and_back(const std::string& text, Read read, Write write) {
  const auto first = read(text);
  if (!first) {
    CHECK(!first.error().detail.empty());
    return;
  }
  const std::string written = write(*first);
  const auto second = read(written);
  CHECK(second.ok());
  CHECK(write(*second) == written);
}

// Code that uses a plan relies on the checks of its consistency.
void use_plan(const std::string& text) {
  const auto plan = plan_from_json(text);
  if (!plan) return;
  for (size_t zone = 0; zone < plan->zones.size(); ++zone) {
    (void)zone_block(*plan, zone);
    (void)next_instance(*plan, zone, plan->asg.templates.back().version);
    for (const PlannedGroup& group : plan->groups) (void)next_member(*plan, group, zone, {});
  }
}

std::string fault_text(const Fault& fault) {
  return jsonio::dump(fault_json(fault));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 9) {
    case 0:
      there_and_back(text, plan_from_json, plan_to_json);
      use_plan(text);
      break;
    case 1: there_and_back(text, asg_from_json, asg_to_json); break;
    case 2: there_and_back(text, snapshot_from_json, snapshot_to_json); break;
    case 3: there_and_back(text, schedules_from_json, schedules_to_json); break;
    case 4: there_and_back(text, fault_from_json, fault_text); break;
    case 5: there_and_back(text, dns::zone_from_json, dns::zone_to_json); break;
    case 6: there_and_back(text, dns::additions_from_json, dns::additions_to_json); break;
    case 7: {
      const auto cron = parse_cron(text);
      if (cron) (void)next_time(*cron, 1'700'000'000'000);
      (void)policy_from_json(text);
      (void)jsonio::parse_strict(text);
      break;
    }
    default: {
      const auto config = parse_cluster_file(text, "f");
      if (config) (void)plan_to_json(build_plan(*config, kOctetMin));
    }
  }
  return 0;
}
