// Scenarios as TOML files. docs/chaos.md has the format.
#pragma once

#include <string>
#include <vector>

#include "chaos/plan/scenario.h"

namespace multiaz::chaos {

// kInvalid: every problem on a line of its own, "FILE:LINE: what, and what is allowed".
Result<Scenario> read_scenario(const std::string& file_name, const std::string& text);
// kNotFound, kIo; kInvalid as above. A word without '/' or ".toml" is one of those that come along.
Result<Scenario> load_scenario(const std::string& path);

// The whole scenario as a file that reads back the same.
std::string to_toml(const Scenario& scenario);

// Sets one key of the scenario's cluster.toml, whatever it was before.
void set_topology(Scenario& scenario, const std::string& section, const std::string& key,
                  const std::string& value);

// Those that come along, by name.
std::vector<std::string> scenario_names();

}  // namespace multiaz::chaos
