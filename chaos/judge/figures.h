// What a run measured, as numbers with names: for programs, and to lay two runs side by side. Pure.
#pragma once

#include "chaos/judge/judge.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

// In the order of a report: outage_PATH_ms (the longest time without a success from the first
// fault on), PATH_p50_ms, PATH_p99_ms (of successes), requests, failed_requests, goodput_per_s,
// acked_writes, lost_writes, orders, lost_orders, anomalies, recovery_ms.
Figures figures_of(const RunRecord& record, const JudgedRun& judged);

}  // namespace multiaz::chaos
