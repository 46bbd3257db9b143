// Writes a scenario as a file, so that the faults of a template or of a random plan can be run
// again.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "base/core/jsonio.h"
#include "chaos/plan/scenario_file.h"

namespace multiaz::chaos {

namespace {

// TOML's basic strings are JSON's except for one byte.
std::string quoted(const std::string& text) {
  std::string out;
  for (const char c : jsonio::dump(nlohmann::json(text))) {
    if (c == 0x7f) {
      out += "\\u007f";
    } else {
      out += c;
    }
  }
  return out;
}

void fault_text(const FaultSpec& fault, std::ostringstream& out) {
  out << "\n[[fault]]\nname = " << quoted(fault.name) << "\nkind = " << quoted(fault.kind) << "\n";
  if (!fault.target.empty()) out << "target = " << quoted(fault.target) << "\n";
  if (!fault.to.empty()) out << "to = " << quoted(fault.to) << "\n";
  if (fault.when.at_ms > 0) out << "at_ms = " << fault.when.at_ms << "\n";
  if (fault.for_ms > 0) out << "for_ms = " << fault.for_ms << "\n";
  if (!fault.until.event.empty()) {
    out << "until = { event = " << quoted(fault.until.event) << ", on = " << quoted(fault.until.on)
        << ", at_ms = " << fault.until.at_ms << " }\n";
  }
  for (const auto& [key, value] : fault.figures) out << key << " = " << value << "\n";
  for (const auto& [key, value] : fault.words) out << key << " = " << quoted(value) << "\n";
  if (!fault.when.point.empty()) {
    out << "when = { point = " << quoted(fault.when.point) << ", nth = " << fault.when.nth
        << " }\n";
  } else if (!fault.when.event.empty()) {
    out << "when = { event = " << quoted(fault.when.event) << ", on = " << quoted(fault.when.on)
        << ", nth = " << fault.when.nth << " }\n";
  }
}

constexpr std::string_view kSkippedMark = "; skipped ";

}  // namespace

std::string to_toml(const Scenario& scenario) {
  std::ostringstream out;
  out << "title = " << quoted(scenario.title) << "\nabout = " << quoted(scenario.about)
      << "\nseed = " << scenario.seed << "\n";
  std::string stops;
  for (const std::string& one : scenario.stop_when) {
    stops += (stops.empty() ? "" : ", ") + quoted(one);
  }
  if (!stops.empty()) out << "stop_when = [" << stops << "]\n";
  const Prepare& prepare = scenario.prepare;
  if (!prepare.failover.empty()) {
    out << "prepare = { failover = " << quoted(prepare.failover)
        << ", into_zone_of = " << quoted(prepare.into_zone_of) << " }\n";
  }
  out << "\n[workload]\n";
  for (const WorkloadKey& one : kWorkloadKeys) {
    out << one.key << " = " << scenario.workload.*one.into << "\n";
  }
  if (!scenario.bounds.limits.empty() || !scenario.bounds.outage_ms_max.empty()) {
    out << "\n[claims]\n";
    for (const auto& [key, value] : scenario.bounds.limits) out << key << " = " << value << "\n";
    if (!scenario.bounds.outage_ms_max.empty()) {
      std::string paths;
      for (const auto& [key, value] : scenario.bounds.outage_ms_max) {
        paths += (paths.empty() ? "" : ", ") + key + " = " + std::to_string(value);
      }
      out << "outage_ms_max = { " << paths << " }\n";
    }
  }
  for (const FaultSpec& fault : scenario.faults) fault_text(fault, out);
  std::istringstream topology(scenario.topology);  // [web] becomes [topology.web]
  out << (scenario.topology.empty() ? "" : "\n");
  for (std::string line; std::getline(topology, line);) {
    if (line.starts_with('[')) line.insert(1, "topology.");
    out << line << "\n";
  }
  return out.str();
}

void note_skipped(Scenario& scenario, const std::string& action_and_reason) {
  scenario.about += std::string(kSkippedMark) + action_and_reason;
}

std::vector<std::string> skipped_of(const Scenario& scenario) {
  std::vector<std::string> out;
  const std::string& about = scenario.about;
  for (size_t from = about.find(kSkippedMark); from < about.size();) {
    from += kSkippedMark.size();
    const size_t end = std::min(about.find(kSkippedMark, from), about.size());
    out.push_back(about.substr(from, end - from));
    from = end;
  }
  return out;
}

}  // namespace multiaz::chaos
