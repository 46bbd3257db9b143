#include "dns/checks.h"

#include <utility>

#include "base/core/clock.h"
#include "base/http/client.h"
#include "base/rt/conn.h"
#include "base/rt/sync.h"

namespace multiaz::dns {

void Checks::set(const std::vector<HealthCheck>& checks) {
  std::map<std::string, std::shared_ptr<Running>> next;
  for (const HealthCheck& check : checks) {
    const auto known = running_.find(check.id);
    if (known != running_.end() && known->second->check == check) {
      next[check.id] = known->second;
      continue;
    }
    auto running = std::make_shared<Running>();
    running->check = check;
    next[check.id] = running;
    if (!check.disabled) nursery_.spawn("check " + check.id, run(running));
  }
  for (const auto& [id, running] : running_) {
    const auto still = next.find(id);
    if (still == next.end() || still->second != running) running->stop.request();
  }
  running_ = std::move(next);
}

bool Checks::healthy(const std::string& id) const {
  const auto found = running_.find(id);
  if (found == running_.end()) return true;
  return found->second->count.healthy() != found->second->check.inverted;
}

size_t Checks::unhealthy_count() const {
  size_t out = 0;
  for (const auto& [id, running] : running_) out += healthy(id) ? 0 : 1;
  return out;
}

// A TCP check passes when the connection succeeds, an HTTP check with 2xx or 3xx in time.
rt::Task<Status> Checks::probe(HealthCheck check) {
  const auto to = rt::parse_address(check.address, check.port);
  if (!to) co_return to.error();
  if (check.type == "TCP") {
    rt::ConnectOptions options;
    options.to = *to;
    options.from = rt::make_address(self_.ip, 0);
    options.timeout_ms = check.timeout_ms;
    const auto conn = co_await rt::connect_tcp(options);
    if (!conn) co_return conn.error();
    co_return Status();
  }
  http::ClientConfig config;
  config.from = rt::make_address(self_.ip, 0);
  config.connect_ms = check.timeout_ms;
  config.body_bytes_max = 64 << 10;
  http::Client client(config);
  http::Request request("GET", check.path);
  request.headers.add("User-Agent", "Amazon-Route53-Health-Check-Service");
  request.headers.add("Connection", "close");
  const auto response = co_await client.fetch(*to, std::move(request), check.timeout_ms);
  if (!response) co_return response.error();
  if (response->status < 200 || response->status > 399) {
    co_return Error(Code::kConflict, "status " + std::to_string(response->status));
  }
  co_return Status();
}

rt::Task<void> Checks::run(std::shared_ptr<Running> running) {
  const HealthCheck check = running->check;
  while (!running->stop.requested()) {
    const Nanos begun = monotonic_now();
    const Status probed = co_await probe(check);
    if (running->stop.requested()) co_return;
    // A shortage of descriptors here says nothing about the endpoint.
    const bool judged = probed || probed.error().code != Code::kExhausted;
    if (judged && running->count.record(probed.ok(), check.failure_threshold)) {
      on_change_(check, probed.ok(), probed ? std::string() : probed.error().detail);
    }
    const uint64_t took_ms = (monotonic_now() - begun) / kMillisecond;
    const uint64_t wait_ms = took_ms >= check.interval_ms ? 1 : check.interval_ms - took_ms;
    (void)co_await rt::sleep_ms(wait_ms, running->stop);
  }
}

void Checks::stop() {
  for (const auto& [id, running] : running_) running->stop.request();
}

rt::Task<void> Checks::join() {
  co_await nursery_.join();
}

}  // namespace multiaz::dns
