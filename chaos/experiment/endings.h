// What is looked at when a run is over: members' logs, stock, the daemons' own alarms, residue.
#pragma once

#include <string>
#include <vector>

#include "chaos/cluster.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

// Sum of all stock now; known = false when the database has none of our tables.
rt::Task<StockEnd> read_stock(const Cluster& cluster);
// Products that were ordered, as a page shows them (through the cache) and as the database has
// them.
rt::Task<ShownEnd> read_shown(const Cluster& cluster);
// The members of the replication groups at a position that all of them have told; waited for.
rt::Task<std::vector<MemberEnd>> read_members(Cluster& cluster, const Roster& expected);
// Faults that the control plane or a daemon still has in force, one line each.
rt::Task<std::vector<std::string>> read_residue(Cluster& cluster);
// Lines of the logs that no daemon of ours may write: sanitizers, failed CHECKs.
// How many logs there were comes in `logs_read`.
std::vector<std::string> read_alarms(const std::string& run_dir, uint64_t& logs_read);
void copy_logs(const std::string& run_dir, const std::string& to);

}  // namespace multiaz::chaos
