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

// TCP: a connection. HTTP: 2xx or 3xx in time.
rt::Task<std::string> Checks::probe(HealthCheck check) {
  const auto to = rt::parse_address(check.address, check.port);
  if (!to) co_return to.error().detail;
  if (check.type == "TCP") {
    rt::ConnectOptions options;
    options.to = *to;
    options.from = rt::make_address(self_.ip, 0);
    options.timeout_ms = check.timeout_ms;
    const auto conn = co_await rt::connect_tcp(options);
    co_return conn ? std::string() : conn.error().detail;
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
  if (!response) co_return response.error().detail;
  if (response->status < 200 || response->status > 399) {
    co_return "it answers " + std::to_string(response->status);
  }
  co_return std::string();
}

rt::Task<void> Checks::run(std::shared_ptr<Running> running) {
  const HealthCheck check = running->check;
  while (!running->stop.requested()) {
    const Nanos begun = monotonic_now();
    std::string why = co_await probe(check);
    if (running->stop.requested()) co_return;
    if (running->count.record(why.empty(), check.failure_threshold)) {
      on_change_(check, why.empty(), std::move(why));
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
