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
  ++backends_.connections_.in_use;
  backends_.group_.begin_request(target_);
}

Upstream::~Upstream() {
  backends_.in_flight_.erase(place_);
  --backends_.connections_.in_use;
  backends_.group_.end_request(target_);
}

void Upstream::give_back() {
  const Target* target = backends_.group_.find(target_);
  // A draining target gets no idle connections: it may end once all connections have ended.
  if (target && target->draining_until == 0) {
    backends_.connections_.pool.put(address_, std::move(conn_));
  }
  conn_.reset();
}

namespace {

GroupPolicy policy_of(const elb::TargetGroup& settings, const LbConfig& config) {
  const elb::TargetGroupAttributes& attributes = settings.attributes;
  GroupPolicy out;
  out.thresholds.healthy = settings.health.healthy_threshold;
  out.thresholds.unhealthy = settings.health.unhealthy_threshold;
  out.deregistration_delay = attributes.deregistration_delay_ms * kMillisecond;
  out.algorithm = attributes.algorithm;
  out.anomaly_mitigation = attributes.anomaly_mitigation;
  out.anomaly_interval = config.anomaly_interval_ms * kMillisecond;
  out.slow_start = attributes.slow_start_ms * kMillisecond;
  if (attributes.cross_zone == elb::CrossZone::kOff) out.only_zone = config.zone;
  out.routing_minimum = attributes.routing_minimum;
  return out;
}

}  // namespace

TargetConnections::TargetConnections(size_t limit)
    : pool(kIdlePerTargetMax, kPoolIdleMs), connections_max(limit) {}

Backends::Backends(const LbConfig& config, elb::TargetGroup settings,
                   TargetConnections& connections, OnEvent on_event)
    : config_(config),
      settings_(std::move(settings)),
      connections_(connections),
      on_event_(std::move(on_event)),
      group_(policy_of(settings_, config_)),
      watch_timer_([this] { watch(); }) {
  watch_timer_.start(kWatchIntervalMs, kWatchIntervalMs);
}

Backends::~Backends() {
  CHECK(in_flight_.empty());
}

void Backends::reconfigure(elb::TargetGroup settings) {
  const bool checks_changed = settings.health != settings_.health;
  settings_ = std::move(settings);
  group_.set_policy(policy_of(settings_, config_));
  if (!checks_changed) return;
  for (auto& [id, stop] : check_stops_) stop->request();
  for (const auto& [id, address] : addresses_) begin_check(id);
}

std::string Backends::named(const std::string& target) const {
  return settings_.name == elb::kWebGroup ? target : settings_.name + "/" + target;
}

void Backends::set_targets(const std::vector<TargetSpec>& specs) {
  const Changes changes = group_.update(specs, monotonic_now());
  for (const std::string& id : changes.removed) forget(id);
  for (const std::string& id : changes.draining) {
    connections_.pool.drop(addresses_.contains(id) ? addresses_[id] : rt::Address());
    on_event_("target_draining", named(id) + " takes no new requests", id);
  }
  for (const std::string& id : changes.added) {
    const TargetSpec& spec = group_.find(id)->spec;
    const rt::Address address = rt::make_address(spec.ip, spec.port);
    addresses_[id] = address;
    on_event_("target_registered", named(id) + " at " + address.text(), id);
    begin_check(id);
  }
}

void Backends::begin_check(const std::string& target) {
  auto stop = std::make_shared<rt::Stop>();
  check_stops_[target] = stop;
  checks_.spawn("check " + target, check(target, addresses_[target], stop));
}

void Backends::forget(const std::string& target) {
  connections_.pool.drop(addresses_[target]);
  addresses_.erase(target);
  check_stops_[target]->request();
  check_stops_.erase(target);
  cut(target, "the target is gone");
  on_event_("target_deregistered", named(target) + " is gone", target);
}

rt::Task<void> Backends::check(std::string target, rt::Address address,
                               std::shared_ptr<rt::Stop> stop) {
  while (!stop->requested()) {
    const Nanos begun = monotonic_now();
    const uint64_t interval_ms = settings_.health.interval_ms;
    const uint16_t port = settings_.health.port != 0 ? settings_.health.port : address.port;
    const ProbeResult result =
        co_await probe(rt::make_address(address.ip, port), config_.self, settings_.health);
    if (stop->requested()) co_return;
    if (result.our_fault) report_shortage(result.reason);
    if (!result.our_fault &&
        group_.record_check(target, result.passed, result.reason, monotonic_now())) {
      const Health health = group_.find(target)->state.health();
      const std::string text = named(target) + " is " + std::string(to_string(health)) +
                               (result.passed ? std::string() : " (" + result.reason + ")");
      on_event_("target_health", text, target);
    }
    const uint64_t took_ms = (monotonic_now() - begun) / kMillisecond;
    const uint64_t wait_ms = took_ms >= interval_ms ? 1 : interval_ms - took_ms;
    (void)co_await rt::sleep_ms(wait_ms, *stop);
  }
}

// Counts a request that has chosen its target and has no connection yet, so that a target that
// drains is not forgotten meanwhile.
class Backends::Opening {
 public:
  Opening(TargetGroup& group, const std::string& target) : group_(group), target_(target) {
    group_.begin_request(target_);
  }
  ~Opening() { group_.end_request(target_); }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;

 private:
  TargetGroup& group_;
  const std::string& target_;
};

rt::Task<Result<std::unique_ptr<Upstream>>> Backends::open(std::string target, bool fresh,
                                                           rt::Conn& client) {
  const auto known = addresses_.find(target);
  if (known == addresses_.end()) co_return Error(Code::kUnavailable, target + " is gone");
  const rt::Address address = known->second;
  const Opening opening(group_, target);
  std::unique_ptr<rt::Conn> conn;
  if (!fresh) conn = connections_.pool.take(address);
  if (!conn) {
    // There is room for one connection to a target per client, so an idle connection is closed for
    // a new one.
    const size_t open = connections_.in_use + connections_.pool.size();
    if (open >= connections_.connections_max) connections_.pool.drop_oldest();
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
  connections_.pool.sweep();
  report_anomalies();
  for (const std::string& id : group_.overdue(monotonic_now())) {
    const size_t requests = cut(id, "the deregistration delay is over");
    if (requests == 0) continue;
    on_event_("target_cut",
              named(id) + ": the " + std::to_string(settings_.attributes.deregistration_delay_ms) +
                  " ms of the deregistration delay are over; requests cut off: " +
                  std::to_string(requests),
              id);
  }
  if (!settings_.instances) forget_drained();
  for (Upstream* upstream : in_flight_) {
    if (!upstream->conn_ || upstream->tunnel_) continue;
    if (!upstream->client_.closed() && !upstream->client_.at_eof()) continue;
    upstream->client_left_ = true;
    upstream->conn_->close(Code::kCancelled, "the client has left");
  }
}

void Backends::report_anomalies() {
  for (const std::string& id : group_.judge(monotonic_now())) {
    const Anomalies::Mark mark = group_.mark(id);
    const std::string what = !mark.anomalous   ? " answers like the others again"
                             : mark.weight < 1 ? " fails more than the others and gets less"
                                               : " fails more than the others";
    on_event_("target_anomaly", named(id) + what, id);
  }
}

void Backends::forget_drained() {
  std::vector<TargetSpec> staying;
  for (const auto& [id, target] : group_.targets()) {
    if (target.draining_until == 0 || target.in_flight > 0) staying.push_back(target.spec);
  }
  if (staying.size() < group_.targets().size()) set_targets(staying);
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

void Backends::drain_all() {
  std::vector<TargetSpec> specs;
  for (const auto& [id, target] : group_.targets()) {
    specs.push_back(target.spec);
    specs.back().draining = true;
  }
  set_targets(specs);
}

rt::Task<void> Backends::stop() {
  for (const auto& [id, stop] : check_stops_) stop->request();
  co_await checks_.join();
}

}  // namespace multiaz::lb
