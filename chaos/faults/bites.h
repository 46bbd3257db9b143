// The proof that a fault bites which the daemons carry out: what they count.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "chaos/faults/fault.h"

namespace multiaz::chaos {

using Bites = std::map<std::string, uint64_t>;  // by instance

rt::Task<Bites> bites_of(Cluster& cluster, std::vector<std::string> ids, std::string counter);
// Waits while the fault lasts, or until the stop, until a counter of one of those in `before` has
// grown, and notes it.
rt::Task<void> prove_bites(FaultContext& context, FaultRecord& record, Bites before,
                           std::string counter);
// After a stop and the healing: what it did until then is still told, by the last reports.
rt::Task<void> prove_by_last_reports(FaultContext& context, FaultRecord& record, Bites before,
                                     std::string counter);
// The order that ends whatever the control plane has in force for this record.
std::string heal_order(const FaultRecord& record);
// Ends whatever the control plane has in force for this record, also what was ordered without an
// answer, and waits until it lists none of it any more, at most a second.
rt::Task<void> heal_and_prove(FaultContext& context, FaultRecord& record);
// The processes of the record's targets, into its hits.
rt::Task<void> note_pids(FaultContext& context, FaultRecord& record);

}  // namespace multiaz::chaos
