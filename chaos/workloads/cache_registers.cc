#include <cstdlib>

#include "base/core/random.h"
#include "base/rt/sync.h"
#include "chaos/workloads/resp_link.h"
#include "chaos/workloads/start.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kProbeTtlMs = 3'600'000;  // so that a user's cache forgets a run's keys
constexpr uint64_t kAfterFailureMs = 20;
constexpr int kFinalTries = 40;
constexpr uint64_t kFinalRetryMs = 100;

struct CacheProbe {
  std::string url, key, who;
  uint64_t seed, pause_ms;
};

void take_value(const RespAnswer& answer, Operation& operation) {
  if (answer.end == Operation::End::kOk && !answer.reply.is_nil()) {
    operation.value = std::strtoull(answer.reply.text.c_str(), nullptr, 10);
  }
}

clients::Command command_of(const Operation& operation, const std::string& key) {
  if (operation.kind == Operation::Kind::kRead) return {"GET", key};
  return {"SET", key, std::to_string(operation.value), "PX", std::to_string(kProbeTtlMs)};
}

rt::Task<void> cache_probe(CacheProbe probe, uint64_t client, Recorder& recorder, rt::Stop& stop) {
  Random random(probe.seed * 7919 + client);
  RespLink link(probe.url);
  std::string process = recorder.new_process(probe.who);
  uint64_t written = 0;
  while (!stop.requested()) {
    Operation operation;
    operation.key = probe.key;
    operation.process = process;
    const bool writes = random.percent(50);
    operation.kind = writes ? Operation::Kind::kWrite : Operation::Kind::kRead;
    if (writes) operation.value = (client + 1) * 10'000'000 + ++written;
    operation.called = monotonic_now();
    const RespAnswer answer = co_await link.call(command_of(operation, probe.key), kProbeTimeoutMs);
    operation.returned = monotonic_now();
    operation.end = answer.end;
    if (!writes) {
      take_value(answer, operation);
      if (answer.end == Operation::End::kInfo) operation.end = Operation::End::kFail;  // no effect
    }
    if (operation.end == Operation::End::kInfo) {
      operation.returned = kNeverEnded;
      process = recorder.new_process(probe.who);
    }
    const bool well = operation.end == Operation::End::kOk;
    recorder.add(std::move(operation));
    uint64_t pause_ms = probe.pause_ms + random.below(3);
    if (!well) pause_ms += kAfterFailureMs;
    (void)co_await rt::sleep_ms(pause_ms, stop);
  }
}

std::string cache_key(uint64_t tag, uint64_t key) {
  return "chaos:register:" + std::to_string(tag) + ":" + std::to_string(key);
}

}  // namespace

void start_cache_registers(rt::Nursery& nursery, const Cluster& cluster, const Workload& workload,
                           uint64_t seed, Recorder& recorder) {
  const std::string url = cluster.facts().endpoint("cache");
  if (url.empty()) return;
  for (uint64_t key = 0; key < workload.cache_registers; ++key) {
    for (uint64_t i = 0; i < workload.probes_per_key; ++i) {
      const std::string who = "cache" + std::to_string(key) + "-" + std::to_string(i);
      CacheProbe probe = {url, cache_key(workload.tag, key), who, seed, workload.probe_pause_ms};
      nursery.spawn("cache probe",
                    cache_probe(std::move(probe), key * 100 + i, recorder, nursery.stopping()));
    }
  }
}

rt::Task<void> read_cache_registers(const Cluster& cluster, const Workload& workload,
                                    Recorder& recorder) {
  const std::string url = cluster.facts().endpoint("cache");
  if (url.empty()) co_return;
  RespLink link(url);
  Patience patience;
  for (uint64_t key = 0; key < workload.cache_registers; ++key) {
    for (int i = 0; i < kFinalTries && patience.goes_on(); ++i) {
      Operation operation;
      operation.kind = Operation::Kind::kRead;
      operation.key = cache_key(workload.tag, key);
      operation.process = recorder.new_process("final");
      operation.called = monotonic_now();
      const clients::Command get = command_of(operation, operation.key);
      const RespAnswer answer = co_await link.call(get, kProbeTimeoutMs);
      operation.returned = monotonic_now();
      take_value(answer, operation);
      if (answer.end == Operation::End::kOk) {
        recorder.add(std::move(operation));
        patience.heard();
        break;
      }
      co_await rt::sleep_ms(kFinalRetryMs);
    }
  }
}

}  // namespace multiaz::chaos
