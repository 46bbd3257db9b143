#include "replication/member/reporter.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/faults/inner_faults.h"
#include "base/core/log.h"
#include "replication/wire_view.h"

namespace multiaz::replication {

Role role_of(State state) {
  switch (state) {
    case State::kPrimary: return Role::kPrimary;
    case State::kActivating:
    case State::kSecondary: return Role::kSecondary;
    case State::kLearner: return Role::kLearner;
    case State::kStarting:
    case State::kIdle:
    case State::kFailed: return Role::kNone;
  }
  return Role::kNone;
}

Reporter::Reporter(Shared& shared, std::function<void()> over)
    : shared_(shared), over_(std::move(over)) {}

void Reporter::event(std::string kind, std::string text) {
  if (!listens_) {  // the daemon has no agent yet
    early_events_.emplace_back(std::move(kind), std::move(text));
    return;
  }
  log::info(kind + ": " + text);
  if (shared_.hooks.event) shared_.hooks.event(std::move(kind), std::move(text));
}

void Reporter::daemon_listens() {
  listens_ = true;
  for (auto& [kind, text] : std::exchange(early_events_, {})) event(kind, text);
}

void Reporter::role_changed(const RoleChanged& change, Nanos last_lease) {
  if (change.state == State::kActivating) fault_point("promote");
  tell_lease(change.state == State::kPrimary, change.epoch, last_lease);
  log::info(
      fmt::format("{} in epoch {}: {}", to_string(change.state), change.epoch.raw, change.reason));
  shared_.machine.role_changed(role_of(change.state), change.epoch, change.reason);
  if (shared_.hooks.report) shared_.hooks.report();
}

void Reporter::retired(Nanos last_lease) {
  tell_lease(false, served_epoch_, last_lease);
}

// Reports when this process could serve, so that members can be compared: CLOCK_MONOTONIC is the
// same for the whole machine. A process that was killed cannot report its end, and its exit bounds
// it.
void Reporter::tell_lease(bool serves, Epoch epoch, Nanos last_lease) {
  const bool another = epoch != served_epoch_;
  if (served_ && (!serves || another)) {
    const Nanos until = std::min(monotonic_now(), last_lease);
    event("lease",
          fmt::format("epoch {} served until {} ns", served_epoch_.raw, on_host_clock(until)));
  }
  if (serves && (!served_ || another)) {
    event("lease",
          fmt::format("epoch {} serves since {} ns", epoch.raw, on_host_clock(monotonic_now())));
    served_epoch_ = epoch;
  }
  served_ = serves;
}

void Reporter::ack_view(Epoch epoch) {
  if (!shared_.hooks.ack_view) return;
  const Driver& driver = *shared_.driver;
  wire::ViewAck ack;
  ack.group = shared_.config.group;
  ack.epoch = epoch.raw;
  ack.id = shared_.config.id.raw;
  ack.tail_epoch = driver.core().tail_epoch().raw;
  ack.tail = driver.core().tail().raw;
  ack.active = driver.state() == State::kPrimary;
  shared_.hooks.ack_view(ack);
}

void Reporter::request_view(const RequestView& request) {
  if (shared_.hooks.request_view) {
    shared_.hooks.request_view(to_wire(shared_.config.group, request));
  }
}

void Reporter::trace(const std::string& text) {
  log::debug(text);
}

void Reporter::failed(const std::string& reason) {
  log::warn("gives up: " + reason);
  over_();
}

}  // namespace multiaz::replication
