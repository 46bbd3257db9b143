#include "chaos/workloads/start.h"

#include <algorithm>

namespace multiaz::chaos {

namespace {

constexpr uint64_t kThinkMsMin = 60, kThinkMsMax = 250;
constexpr unsigned kEagerPercent = 25;

}  // namespace

ShopperConfig shopper_config(const Cluster& cluster, const Workload& workload, uint64_t seed) {
  ShopperConfig out;
  out.shop = cluster.facts().shop;
  out.seed = seed;
  out.shoppers = workload.shoppers;
  out.arrivals_per_s = workload.arrivals_per_s;
  out.named_visitors = workload.named_visitors;
  out.name_server = cluster.facts().address_of("dns").value_or(rt::Address());
  out.products = std::max<uint64_t>(workload.products, 1);
  out.think_ms_min = kThinkMsMin;
  out.think_ms_max = kThinkMsMax;
  out.eager_percent = kEagerPercent;
  return out;
}

void start_probes(rt::Nursery& nursery, const Cluster& cluster, const Workload& workload,
                  uint64_t seed, Recorder& recorder) {
  start_cache_registers(nursery, cluster, workload, seed, recorder);
  start_db_probes(nursery, cluster, workload, seed, recorder);
}

rt::Task<void> read_probes(const Cluster& cluster, const Workload& workload, Recorder& recorder) {
  co_await read_cache_registers(cluster, workload, recorder);
  co_await read_db_probes(cluster, workload, recorder);
}

}  // namespace multiaz::chaos
