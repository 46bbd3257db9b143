#include "lb/backends.h"

#include <utility>

#include "base/core/clock.h"
#include "base/rt/sync.h"
#include "lb/health_check.h"

namespace multiaz::lb {

Upstream::Upstream(Backends& backends, std::string target, rt::Address address, rt::Conn& client,
                   std::unique_ptr<rt::Conn> conn)
    : backends_(backends),
      target_(std::move(target)),
      address_(address),
      client_(client),
      conn_(std::move(conn)),
      place_(backends.in_flight_.insert(backends.in_flight_.end(), this)) {
  backends_.group_.begin_request(target_);
}

Upstream::~Upstream() {
  backends_.in_flight_.erase(place_);
  backends_.group_.end_request(target_);
}

void Upstream::give_back() {
  const Target* target = backends_.group_.find(target_);
  // A draining target gets no idle connections: it may end once all connections have ended.
  if (target && target->draining_until == 0) backends_.pool_.put(address_, std::move(conn_));
  conn_.reset();
}

Backends::Backends(const LbConfig& config, OnEvent on_event)
    : config_(config),
      on_event_(std::move(on_event)),
      group_(config.thresholds, config.deregistration_ms * kMillisecond),
      connections_max_(clients_max()),
      pool_(kIdlePerTargetMax, kPoolIdleMs),
      watch_timer_([this] { watch(); }) {
  watch_timer_.start(kWatchIntervalMs, kWatchIntervalMs);
}

void Backends::set_targets(const std::vector<TargetSpec>& specs) {
  const Changes changes = group_.update(specs, monotonic_now());
  for (const std::string& id : changes.removed) forget(id);
  for (const std::string& id : changes.draining) {
    pool_.drop(addresses_.contains(id) ? addresses_[id] : rt::Address());
    on_event_("target_draining", id + " takes no new requests", id);
  }
  for (const std::string& id : changes.added) {
    const TargetSpec& spec = group_.find(id)->spec;
    const rt::Address address = rt::make_address(spec.ip, spec.port);
    addresses_[id] = address;
    auto stop = std::make_shared<rt::Stop>();
    check_stops_[id] = stop;
    on_event_("target_registered", id + " at " + address.text(), id);
    checks_.spawn("check " + id, check(id, address, stop));
  }
}

void Backends::forget(const std::string& target) {
  pool_.drop(addresses_[target]);
  addresses_.erase(target);
  check_stops_[target]->request();
  check_stops_.erase(target);
  cut(target, "the target is gone");
  on_event_("target_deregistered", target + " is gone", target);
}

rt::Task<void> Backends::check(std::string target, rt::Address address,
                               std::shared_ptr<rt::Stop> stop) {
  while (!stop->requested()) {
    const Nanos begun = monotonic_now();
    const ProbeResult result =
        co_await probe(address, config_.self, config_.health_path, config_.check_timeout_ms);
    if (stop->requested()) co_return;
    if (result.our_fault) report_shortage(result.reason);
    if (!result.our_fault && group_.record_check(target, result.passed, result.reason)) {
      const Health health = group_.find(target)->state.health();
      const std::string text = target + " is " + std::string(to_string(health)) +
                               (result.passed ? std::string() : " (" + result.reason + ")");
      on_event_("target_health", text, target);
    }
    const uint64_t took_ms = (monotonic_now() - begun) / kMillisecond;
    const uint64_t wait_ms =
        took_ms >= config_.check_interval_ms ? 1 : config_.check_interval_ms - took_ms;
    (void)co_await rt::sleep_ms(wait_ms, *stop);
  }
}

rt::Task<Result<std::unique_ptr<Upstream>>> Backends::open(std::string target, bool fresh,
                                                           rt::Conn& client) {
  const auto known = addresses_.find(target);
  if (known == addresses_.end()) co_return Error(Code::kUnavailable, target + " is gone");
  const rt::Address address = known->second;
  std::unique_ptr<rt::Conn> conn;
  if (!fresh) conn = pool_.take(address);
  if (!conn) {
    // There is room for one connection to a target per client, so an idle connection is closed for
    // a new one.
    if (in_flight_.size() + pool_.size() >= connections_max_) pool_.drop_oldest();
    rt::ConnectOptions options;
    options.to = address;
    options.from = rt::make_address(config_.self.ip, 0);
    options.timeout_ms = config_.connect_ms;
    auto connected = co_await rt::connect_tcp(options);
    if (!connected && connected.error().code == Code::kExhausted) {
      report_shortage(connected.error().detail);
      co_return connected.error();
    }
    if (!connected) {
      group_.suspect(target);
      const bool timeout = connected.error().code == Code::kTimeout;
      co_return Error(timeout ? Code::kTimeout : Code::kUnavailable, connected.error().detail);
    }
    conn = std::move(*connected);
    conn->set_input_max(kInputBytesMax);
    const auto still = addresses_.find(target);
    if (still == addresses_.end() || still->second != address) {
      co_return Error(Code::kUnavailable, target + " is gone");
    }
  }
  co_return std::make_unique<Upstream>(*this, target, address, client, std::move(conn));
}

void Backends::watch() {
  pool_.sweep();
  for (const std::string& id : group_.overdue(monotonic_now())) {
    const size_t requests = cut(id, "the deregistration delay is over");
    if (requests == 0) continue;
    on_event_("target_cut",
              id + ": the " + std::to_string(config_.deregistration_ms) +
                  " ms of the deregistration delay are over; requests cut off: " +
                  std::to_string(requests),
              id);
  }
  for (Upstream* upstream : in_flight_) {
    if (!upstream->conn_ || upstream->tunnel_) continue;
    if (!upstream->client_.closed() && !upstream->client_.at_eof()) continue;
    upstream->client_left_ = true;
    upstream->conn_->close(Code::kCancelled, "the client has left");
  }
}

size_t Backends::cut(const std::string& target, std::string_view why) {
  size_t requests = 0;
  for (Upstream* upstream : in_flight_) {
    if (upstream->target_ != target || !upstream->conn_ || upstream->conn_->closed()) continue;
    upstream->conn_->close(Code::kClosed, why);
    ++requests;
  }
  return requests;
}

void Backends::report_shortage(const std::string& what) {
  const Nanos now = monotonic_now();
  const Nanos pause = kShortageReportMs * kMillisecond;
  if (shortage_reported_ != 0 && now - shortage_reported_ < pause) return;
  shortage_reported_ = now;
  on_event_("shortage", "out of file descriptors (targets are not judged by it): " + what, "");
}

rt::Task<void> Backends::stop() {
  CHECK(in_flight_.empty());
  watch_timer_.stop();
  for (const auto& [id, stop] : check_stops_) stop->request();
  pool_.clear();
  co_await checks_.join();
}

}  // namespace multiaz::lb
