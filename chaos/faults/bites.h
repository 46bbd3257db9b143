// Verifies the effect of faults that the daemons carry out, by the daemons' counters.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "chaos/faults/fault.h"

namespace multiaz::chaos {

using Bites = std::map<std::string, uint64_t>;  // by instance

rt::Task<Bites> bites_of(Cluster& cluster, std::vector<std::string> ids, std::string counter);
// Waits while the fault lasts, or until the stop, until a counter of one of the instances in
// `before` has grown, and notes it.
rt::Task<void> prove_bites(FaultContext& context, FaultRecord& record, Bites before,
                           std::string counter);
// To be called after a stop and the healing: the last reports still show the effect until then.
rt::Task<void> prove_by_last_reports(FaultContext& context, FaultRecord& record, Bites before,
                                     std::string counter);
// The order that ends every fault that the control plane has in force for this record.
std::string heal_order(const FaultRecord& record);
// Ends every fault that the control plane has in force for this record, including one whose order
// got no answer, and waits until the control plane lists none of them any more, at most a second.
rt::Task<void> heal_and_prove(FaultContext& context, FaultRecord& record);
// Writes the processes of the record's targets into its hits.
rt::Task<void> note_pids(FaultContext& context, FaultRecord& record);

}  // namespace multiaz::chaos
