// Scenarios as TOML files. docs/chaos.md has the format.
#pragma once

#include <string>
#include <vector>

#include "chaos/plan/scenario.h"

namespace multiaz::chaos {

// The keys of [workload], each up to its maximum.
struct WorkloadKey {
  const char* key;
  uint64_t Workload::*into;
  uint64_t max;
};
constexpr WorkloadKey kWorkloadKeys[] = {
    {"shoppers", &Workload::shoppers, 2000},
    {"products", &Workload::products, 1000},
    {"arrivals_per_s", &Workload::arrivals_per_s, 5000},
    {"named_visitors", &Workload::named_visitors, 64},
    {"cache_registers", &Workload::cache_registers, 64},
    {"db_registers", &Workload::db_registers, 64},
    {"db_sets", &Workload::db_sets, 16},
    {"db_cas", &Workload::db_cas, 16},
    {"replica_readers", &Workload::replica_readers, 16},
    {"probes_per_key", &Workload::probes_per_key, 10},
    {"probe_pause_ms", &Workload::probe_pause_ms, 10'000},
    {"warm_up_ms", &Workload::warm_up_ms, 600'000},
    {"quiet_ms", &Workload::quiet_ms, 600'000},
    {"recover_ms_max", &Workload::recover_ms_max, 3'600'000},
};

// kInvalid: every problem on a line of its own, "FILE:LINE: what, and what is allowed".
Result<Scenario> read_scenario(const std::string& file_name, const std::string& text);
// kNotFound, kIo; kInvalid as above. A word without '/' or ".toml" names an embedded scenario.
Result<Scenario> load_scenario(const std::string& path);

// The whole scenario as a file that gives the same scenario when it is read.
std::string to_toml(const Scenario& scenario);

// Sets one key of the scenario's cluster.toml, whatever it was before.
void set_topology(Scenario& scenario, const std::string& section, const std::string& key,
                  const std::string& value);

// --- Actions of a template that no resource fits, and that it says to skip: they are in the
// scenario's `about`, which a run's folder keeps and its report shows. "kill: targets.T: no
// aws:ec2:instance fits ...".
void note_skipped(Scenario& scenario, const std::string& action_and_reason);
std::vector<std::string> skipped_of(const Scenario& scenario);

// The embedded scenarios, by name.
std::vector<std::string> scenario_names();

}  // namespace multiaz::chaos
