// The state of a cluster is read before the load and after it, so that the answers that shoppers
// got can be compared with it.
#pragma once

#include <string>
#include <vector>

#include "chaos/events.h"
#include "chaos/plan/record.h"
#include "chaos/shoppers.h"

namespace multiaz::chaos {

// Reads, before the load, the planned instances and the stock.
rt::Task<void> open_books(Cluster& cluster, RunRecord& record);
// Reads every cart and order again after the load, and adds what the shoppers saw and asked.
rt::Task<void> read_books(Cluster& cluster, const Shoppers& shoppers, RunRecord& record);
// Reads last the stock, members' logs, events, alarms in the daemons' logs, and faults still in
// force.
rt::Task<void> close_books(Cluster& cluster, Events& events, RunRecord& record);

// --- The parts of these, which read the cluster when a run is over.
// Reads every cart and every order list once more, over HTTP, and judges them by the ledgers.
// REQUIRES: the shoppers have stopped.
rt::Task<FinalReading> read_everything(const Shoppers& shoppers);
// The sum of all stock now; known = false when the database has no table of the shop.
rt::Task<StockEnd> read_stock(const Cluster& cluster);
// Compares products that were ordered, as a page shows them (through the cache) and as the database
// has them.
rt::Task<ShownEnd> read_shown(const Cluster& cluster);
// Waits for a position that all members of a replication group have reported, and returns them.
rt::Task<std::vector<MemberEnd>> read_members(Cluster& cluster, const Roster& expected);
// Lists faults that the control plane or a daemon still has in force, one line each.
rt::Task<std::vector<std::string>> read_residue(Cluster& cluster);
// Lines of the logs that no daemon of this project may write: sanitizer reports, failed CHECKs.
// `logs_read` gets the number of logs.
std::vector<std::string> read_alarms(const std::string& run_dir, uint64_t& logs_read);
void copy_logs(const std::string& run_dir, const std::string& to);

}  // namespace multiaz::chaos
