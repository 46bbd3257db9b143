// What is read of a cluster before the load and after it, so that what shoppers were told can be
// held against what is there.
#pragma once

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

}  // namespace multiaz::chaos
