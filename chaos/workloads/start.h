// Starts a scenario's [workload] on a cluster: the shoppers' settings, and the probes beside them.
// Probes are clients that use the tiers directly, without the shop, with registers that are written
// and read and sets that are added to and read as a whole. Every written value is unique, so that
// the history can be judged exactly (chaos/checkers/registers.h, sets.h).
#pragma once

#include "chaos/cluster.h"
#include "chaos/shoppers.h"
#include "chaos/workloads/recorder.h"

namespace multiaz::chaos {

// Shoppers as the workload defines them; a caller may change settings that a scenario has no key
// for.
ShopperConfig shopper_config(const Cluster& cluster, const Workload& workload, uint64_t seed);

// Spawns the probes of every tier; they end when the nursery is stopped.
void start_probes(rt::Nursery& nursery, const Cluster& cluster, const Workload& workload,
                  uint64_t seed, Recorder& recorder);
// Reads all their keys once more, through healthy primaries: the end of the history.
rt::Task<void> read_probes(const Cluster& cluster, const Workload& workload, Recorder& recorder);

// How long the last reads wait for a cluster that does not answer: each of them is tried many
// times, and there are many, so a hung tier would hold a run for hours.
constexpr uint64_t kSilentMsMax = 15'000;  // without one answer; then what is unread stays so

class Patience {
 public:
  [[nodiscard]] bool goes_on() const {
    return monotonic_now() < heard_at_ + kSilentMsMax * kMillisecond;
  }
  void heard() { heard_at_ = monotonic_now(); }

 private:
  Nanos heard_at_ = monotonic_now();
};

// --- The tiers, one file each.
void start_cache_registers(rt::Nursery& nursery, const Cluster& cluster, const Workload& workload,
                           uint64_t seed, Recorder& recorder);
rt::Task<void> read_cache_registers(const Cluster& cluster, const Workload& workload,
                                    Recorder& recorder);
void start_db_probes(rt::Nursery& nursery, const Cluster& cluster, const Workload& workload,
                     uint64_t seed, Recorder& recorder);
rt::Task<void> read_db_probes(const Cluster& cluster, const Workload& workload, Recorder& recorder);

}  // namespace multiaz::chaos
