// The execution of a fault. Each kind is one coroutine that reads top to bottom: it finds the
// targets and records them, injects the fault, verifies the effect from outside, holds it, heals
// it, and verifies that it is healed. The table is in catalogue.cc.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/faults/kinds.h"
#include "base/rt/stop.h"
#include "base/rt/task.h"
#include "chaos/cluster.h"
#include "chaos/plan/scenario.h"

namespace multiaz::chaos {

class Events;    // chaos/events.h
class Guardian;  // guardian.h

struct FaultContext {
  Cluster& cluster;
  Guardian& guardian;
  const Events& events;
  rt::Stop& stop;  // when requested, the fault heals at once
  std::span<const FaultRecord> others;
};

// For the kinds that chaos carries out by itself. All others are orders to the control plane.
struct FaultAct {
  FaultId kind;
  rt::Task<void> (*run)(FaultContext& context, FaultRecord& record);
};

std::span<const FaultAct> fault_acts();
// Runs the fault to its end, healed. REQUIRES: find_fault(record.spec.kind).
rt::Task<void> run_fault(FaultContext& context, FaultRecord& record);

// --- shared by the kinds
// Resolves the instances that are the fault's targets now; "fault:NAME" = those of another record.
rt::Task<Result<std::vector<std::string>>> targets_of(FaultContext& context,
                                                      const std::string& target);
// Resolves and records the targets; false with the reason in `proof`.
rt::Task<bool> aim(FaultContext& context, FaultRecord& record);
// Records what the cluster proved of a signal; a later call adds to it.
void note_hits(FaultRecord& record, const Result<std::vector<Hit>>& hits);
// Waits until the fault's time is over, or its `until` event has happened, or the stop.
rt::Task<void> hold(FaultContext& context, const FaultRecord& record);
void not_bitten(FaultRecord& record, const std::string& why);
// A parameter of the fault: as it was given, or the table's default. REQUIRES: its kind has it.
uint64_t figure(const FaultSpec& spec, const std::string& key);
std::string word(const FaultSpec& spec, const std::string& key);

// --- The kinds: one file each, or one for kinds that differ in a word.
rt::Task<void> fault_signal(FaultContext& context, FaultRecord& record);  // kill, restart
rt::Task<void> fault_stop(FaultContext& context, FaultRecord& record);
rt::Task<void> fault_stop_duty(FaultContext& context, FaultRecord& record);
rt::Task<void> fault_restart_storm(FaultContext& context, FaultRecord& record);
rt::Task<void> fault_zone_down(FaultContext& context, FaultRecord& record);
rt::Task<void> fault_zone_links(FaultContext& context, FaultRecord& record);  // zone_cut, zone_slow
rt::Task<void> fault_isolate(FaultContext& context, FaultRecord& record);
rt::Task<void> fault_failover(FaultContext& context, FaultRecord& record);
rt::Task<void> fault_ordered(FaultContext& context, FaultRecord& record);  // by the control plane
rt::Task<void> fault_at_point(FaultContext& context, FaultRecord& record);
rt::Task<void> fault_cache_flush(FaultContext& context, FaultRecord& record);
rt::Task<void> fault_sg_mistake(FaultContext& context, FaultRecord& record);
rt::Task<void> fault_orchestrator_kill(FaultContext& context, FaultRecord& record);
rt::Task<void> fault_orchestrator_stop(FaultContext& context, FaultRecord& record);
rt::Task<void> fault_zone_shift(FaultContext& context, FaultRecord& record);
rt::Task<void> fault_asg_suspend(FaultContext& context, FaultRecord& record);
rt::Task<void> fault_nothing(FaultContext& context, FaultRecord& record);

}  // namespace multiaz::chaos
