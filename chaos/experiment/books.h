// What is read of a cluster before the load and after it, so that what shoppers were told can be
// held against what is there.
#pragma once

#include <string>
#include <vector>

#include "chaos/events.h"
#include "chaos/plan/record.h"
#include "chaos/shoppers.h"

namespace multiaz::chaos {

// Before: who is planned, and the stock.
rt::Task<void> open_books(Cluster& cluster, RunRecord& record);
// The shop is closed: every cart and order again, and what the shoppers saw and asked.
rt::Task<void> read_books(Cluster& cluster, const Shoppers& shoppers, RunRecord& record);
// Last: stock, members' logs, events, what daemons complained of, and faults still in force.
rt::Task<void> close_books(Cluster& cluster, Events& events, RunRecord& record);

// --- their parts: what is looked at when a run is over
// Every cart and every order list once more, over HTTP, judged by the books. REQUIRES: the shoppers
// have stopped.
rt::Task<FinalReading> read_everything(const Shoppers& shoppers);
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
