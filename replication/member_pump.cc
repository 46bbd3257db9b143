// Events in, effects carried out in order.
#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "base/core/inner_faults.h"
#include "base/core/log.h"
#include "replication/codec.h"
#include "replication/member_impl.h"
#include "replication/wire_view.h"

namespace multiaz::replication {

namespace {

// A new primary that does not serve yet is no primary for the daemon.
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

}  // namespace

void Member::Impl::feed(Event event) {
  if (failure_ || core_->state() == State::kFailed) return;
  if (core_->state() == State::kPrimary) lease_before_ = core_->lease_until();
  for (Effect& effect : core_->step(monotonic_now(), std::move(event))) {
    effects_.push_back(std::move(effect));
  }
  schedule();
}

void Member::Impl::schedule() {
  if (scheduled_) return;
  scheduled_ = true;
  rt::defer([this, alive = alive_] {
    if (!*alive) return;
    scheduled_ = false;
    pump();
  });
}

bool Member::Impl::waits_for_machine(const Effect& effect) const {
  if (!machine_lags()) return false;
  if (const auto* role = std::get_if<RoleChanged>(&effect)) return role->state == State::kPrimary;
  return std::holds_alternative<CommitPoint>(effect) || std::holds_alternative<Rollback>(effect) ||
         std::holds_alternative<InstallSnapshot>(effect) ||
         std::holds_alternative<SendSnapshot>(effect);
}

bool Member::Impl::can_go_on() const {
  return !effects_.empty() && !barrier_ && !waits_for_machine(effects_.front());
}

// Nobody waits for what is held but the clients whose commits it carries.
bool Member::Impl::holding() const {
  return (hold_ || looking_) && held_bytes_ < kHoldBytesMax && !barrier_ && role_ == Role::kPrimary;
}

void Member::Impl::more_to_come(bool soon) {
  if (soon == hold_ || !hold_timer_) return;
  hold_ = soon;
  held_bytes_ = 0;
  if (soon) {
    hold_timer_->start(kHoldMs);
  } else {
    hold_timer_->stop();
    schedule();
  }
}

// The network goes before the disk: both then work at the same time.
void Member::Impl::pump() {
  // What was appended in this turn may have company in the sockets: one look at them first.
  const bool fresh = std::exchange(appended_, false);
  looking_ = fresh && monotonic_now() < held_since_ + kHoldMs * kMillisecond;
  bool more = true;
  while (more) {
    while (can_go_on()) {
      Effect effect = std::move(effects_.front());
      effects_.pop_front();
      std::visit([this](auto& e) { carry_out(e); }, effect);
    }
    apply_some();
    if (!holding()) {
      links_->flush();
      log_->flush();
    }
    more = log_->poll();
    while (!answers_.empty()) {
      Event event = std::move(answers_.front());
      answers_.pop_front();
      feed(std::move(event));
      more = true;
    }
    more = more || can_go_on();
  }
  if (looking_) {
    schedule();
  } else if (!hold_) {
    held_bytes_ = 0;
  }
  if (!holding()) links_->flush();
  if (machine_lags() && !barrier_ && !failure_) schedule();
}

void Member::Impl::lift_barrier() {
  barrier_ = false;
  schedule();
}

// Nothing that waited behind the disk may leave any more.
void Member::Impl::log_failed(const std::string& reason) {
  effects_.clear();
  barrier_ = false;
  LogFailed failed;
  failed.reason = reason;
  feed(std::move(failed));
  for (const Effect& effect : effects_) {
    if (const auto* notice = std::get_if<Notice>(&effect)) event(notice->kind, notice->text);
  }
  give_up(reason);
}

void Member::Impl::give_up(const std::string& reason) {
  if (failure_) return;
  failure_ = reason;
  effects_.clear();
  answers_.clear();
  role_ = Role::kNone;
  const bool served = state_ == State::kPrimary;
  state_ = State::kFailed;
  tell_lease(served, view_.epoch);
  log::warn("gives up: " + reason);
  machine_.role_changed(Role::kNone, view_.epoch, reason);
  if (hooks_.report) hooks_.report();
  rt::defer([this, alive = alive_] {
    if (*alive) over_.wake();
  });
}

// An orderly end. Its lease is over before it runs out, and that is told, because the process may
// need a while to be gone.
void Member::Impl::retire() {
  const bool served = state_ == State::kPrimary;
  if (served) lease_before_ = core_->lease_until();
  retired_ = true;
  role_ = Role::kNone;
  state_ = State::kIdle;
  tell_lease(served, view_.epoch);
}

// --- effects ---

void Member::Impl::carry_out(PersistView& e) {
  update_peers();
  Meta meta = log_->meta();
  meta.view = e.view;
  meta.addresses.clear();
  for (const auto& [id, address] : addresses_) meta.addresses[id] = address.text();
  barrier_ = true;
  log_->persist_meta(std::move(meta), [this, view = e.view](const Status&) {
    view_ = view;
    lift_barrier();
  });
}

void Member::Impl::carry_out(AppendLog& e) {
  for (const Record& record : e.records) bytes_since_snapshot_ += record.payload.size() + 48;
  log_->append(std::move(e.records), core_->applied());
  fault_point("after_local_append");
}

void Member::Impl::carry_out(TruncateLog& e) {
  barrier_ = true;
  log_->truncate_after(e.after, [this](const Status&) {
    Truncated truncated;
    truncated.tail = log_->tail();
    answer(std::move(truncated));
    lift_barrier();
  });
}

void Member::Impl::carry_out(SendMessage& e) {
  links_->send(e.to, encode(e.message));
}

void Member::Impl::carry_out(CommitPoint& e) {
  fault_point("after_commit");
  apply_to_ = e.lsn;
  machine_stands_at(e.lsn);
  machine_.committed(e.lsn);
}

void Member::Impl::carry_out(ApplyUpTo& e) {
  apply_to_ = e.lsn;
}

void Member::Impl::carry_out(RoleChanged& e) {
  if (retired_) return;
  const bool served = state_ == State::kPrimary;
  if (e.state == State::kActivating) fault_point("promote");
  state_ = e.state;
  role_ = role_of(e.state);
  tell_lease(served, e.epoch);
  log::info(fmt::format("{} in epoch {}: {}", to_string(e.state), e.epoch.raw, e.reason));
  machine_.role_changed(role_, e.epoch, e.reason);
  if (hooks_.report) hooks_.report();
}

// When this process could serve, for whoever compares it with the others: CLOCK_MONOTONIC is the
// same for all of this machine. A process that was killed cannot say its end: its exit bounds it.
void Member::Impl::tell_lease(bool served, Epoch epoch) {
  const bool serves = state_ == State::kPrimary;
  if (served && (!serves || epoch != served_epoch_)) {
    const Nanos until = std::min(monotonic_now(), lease_before_);
    event("lease",
          fmt::format("epoch {} served until {} ns", served_epoch_.raw, on_host_clock(until)));
  }
  if (serves && (!served || epoch != served_epoch_)) {
    event("lease",
          fmt::format("epoch {} serves since {} ns", epoch.raw, on_host_clock(monotonic_now())));
    served_epoch_ = epoch;
  }
}

void Member::Impl::carry_out(AckView& e) {
  if (!hooks_.ack_view) return;
  wire::ViewAck ack;
  ack.group = config_.group;
  ack.epoch = e.epoch.raw;
  ack.id = config_.id.raw;
  ack.tail_epoch = core_->tail_epoch().raw;
  ack.tail = core_->tail().raw;
  ack.active = role_ == Role::kPrimary;
  hooks_.ack_view(ack);
}

void Member::Impl::carry_out(RequestView& e) {
  if (hooks_.request_view) hooks_.request_view(to_wire(config_.group, e));
}

void Member::Impl::carry_out(Trace& e) {
  log::debug(e.text);
}

void Member::Impl::carry_out(Notice& e) {
  event(std::move(e.kind), std::move(e.text));
}

void Member::Impl::carry_out(Fail& e) {
  give_up(e.reason);
}

}  // namespace multiaz::replication
