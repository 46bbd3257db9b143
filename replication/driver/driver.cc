#include "replication/driver/driver.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/core/check.h"
#include "replication/core/digest.h"
#include "replication/core/text.h"

namespace multiaz::replication {

Driver::Driver(Config config, Ports ports)
    : ports_(ports), core_(config), queue_(config.bug) {}

void Driver::start(Start start) {
  view_ = start.view;
  queue_.stand_at(start.applied);
  queue_.may_apply(start.applied);
  feed(std::move(start));
}

// --- events in ---

void Driver::feed(Event event) {
  if (over() || core_.state() == State::kFailed) return;  // its Fail waits behind a barrier
  const State before = core_.state();
  if (before == State::kPrimary) last_lease_ = core_.lease_until();
  if (ports_.watcher != nullptr) ports_.watcher->stepping(event);
  for (Effect& effect : core_.step(ports_.clock.now(), std::move(event))) {
    queue_.push(std::move(effect));
  }
  if (ports_.watcher != nullptr) ports_.watcher->stepped(before);
  ports_.clock.wake();
}

void Driver::answer(Event event) {
  if (over()) return;
  answers_.push_back(std::move(event));
  ports_.clock.wake();
}

void Driver::done(Done what) {
  if (over()) return;
  queue_.barrier_done();
  std::visit(Overloaded{
                 [&](ViewStored& e) { view_ = std::move(e.view); },
                 [&](Truncated& e) { answer(std::move(e)); },
                 [&](Installed& e) {
                   queue_.may_apply(e.lsn);
                   stand_at(e.lsn);
                   answer(SnapshotInstalled());
                 },
                 [&](Rebuilt& e) { stand_at(e.lsn); },
             },
             what);
  ports_.clock.wake();
}

Result<Lsn> Driver::append(std::string payload) {
  if (failure_) return Error(Code::kUnavailable, *failure_);
  const Nanos now = ports_.clock.now();
  const Refusal refusal = leads() ? core_.can_append(now) : Refusal::kNotPrimary;
  if (refusal != Refusal::kNone) {
    return Error(Code::kUnavailable, std::string(to_string(refusal)));
  }
  const Lsn lsn = next(core_.tail());
  batching_.appended(payload.size(), now);
  ClientAppend append;
  append.payloads.push_back(std::move(payload));
  feed(std::move(append));
  CHECK(core_.tail() == lsn);
  return lsn;
}

void Driver::more_to_come(bool soon) {
  if (batching_.more_to_come(soon)) ports_.clock.wake();
}

// --- effects out ---

void Driver::pump() {
  if (over()) return;
  batching_.begin_turn(ports_.clock.now());
  bool more = true;
  while (more && !over()) {
    carry_out_ready();
    apply_some();
    flush();
    more = !over() && ports_.disk.poll();
    more = feed_answers() || more || queue_.ready();
  }
  if (over()) return;
  batching_.end_turn();
  const bool to_apply = queue_.lags() && !queue_.behind_barrier();
  if (batching_.looking() || to_apply) ports_.clock.wake();
}

void Driver::carry_out_ready() {
  while (!over() && queue_.ready()) {
    Effect effect = queue_.take();
    if (ports_.watcher != nullptr && !ports_.watcher->before(effect)) return;
    carry_out(effect);
  }
}

bool Driver::feed_answers() {
  bool any = false;
  while (!over() && !answers_.empty()) {
    Event event = std::move(answers_.front());
    answers_.pop_front();
    feed(std::move(event));
    carry_out_ready();
    any = true;
  }
  return any;
}

// One slice is applied in a turn, since heartbeats must not wait for a long replay.
void Driver::apply_some() {
  if (over() || queue_.behind_barrier() || !queue_.lags()) return;
  const Result<Lsn> reached = ports_.machine.apply(queue_.machine_at(), queue_.apply_to());
  if (!reached) return log_failed(reached.error().text());
  stand_at(*reached);
}

// The network is flushed before the disk, so that both work at the same time.
void Driver::flush() {
  if (over()) return;
  if (batching_.holding() && !queue_.behind_barrier() && state_ == State::kPrimary) return;
  ports_.links.flush();
  ports_.disk.flush();
}

void Driver::stand_at(Lsn lsn) {
  queue_.stand_at(lsn);
  ports_.machine.stands_at(lsn);
}

void Driver::carry_out(Effect& effect) {
  std::visit(Overloaded{
                 [&](PersistView& e) { ports_.disk.store_view(e.view); },
                 [&](AppendLog& e) { ports_.disk.append(std::move(e.records), core_.applied()); },
                 [&](TruncateLog& e) { ports_.disk.truncate(e.after); },
                 [&](SendMessage& e) { ports_.links.send(e.to, e.message); },
                 [&](SendRecords& e) { ports_.links.send_records(e); },
                 [&](SendSnapshot& e) { ports_.links.send_snapshot(e); },
                 [&](InstallSnapshot& e) { ports_.machine.install(e.mark); },
                 [&](CommitPoint& e) {
                   queue_.may_apply(e.lsn);
                   stand_at(e.lsn);
                   ports_.machine.committed(e.lsn);
                 },
                 [&](ApplyUpTo& e) { queue_.may_apply(e.lsn); },
                 [&](Rollback& e) { roll_back(e.lsn); },
                 [&](RoleChanged& e) { change_role(e); },
                 [&](AckView& e) { ports_.control.ack_view(e.epoch); },
                 [&](RequestView& e) { ports_.control.request_view(e); },
                 [&](Trace& e) { ports_.control.trace(e.text); },
                 [&](Notice& e) { ports_.control.notice(e); },
                 [&](Fail& e) { give_up(e.reason); },
             },
             effect);
}

void Driver::roll_back(Lsn lsn) {
  queue_.may_apply(std::min(queue_.apply_to(), lsn));
  if (ports_.machine.rollback(lsn)) return stand_at(std::min(queue_.machine_at(), lsn));
  queue_.may_apply(lsn);
  queue_.rebuild();
  ports_.machine.rebuild(lsn);
}

void Driver::change_role(const RoleChanged& change) {
  if (life_ != Life::kRunning) return;
  state_ = change.state;
  ports_.control.role_changed(change, last_lease_);
}

// --- ends ---

void Driver::log_failed(const std::string& reason) {
  if (over()) return;
  queue_.clear();
  LogFailed failed;
  failed.reason = reason;
  feed(std::move(failed));
  for (const Effect& effect : queue_.waiting()) {
    if (const auto* text = std::get_if<Trace>(&effect)) ports_.control.trace(text->text);
    if (const auto* notice = std::get_if<Notice>(&effect)) ports_.control.notice(*notice);
  }
  give_up(reason);
}

void Driver::give_up(const std::string& reason) {
  if (over()) return;
  failure_ = reason;
  queue_.clear();
  answers_.clear();
  change_role({State::kFailed, view_.epoch, reason});
  state_ = State::kFailed;
  ports_.control.failed(reason);
}

// The lease is given up before it runs out, and that is reported: the process may need a while to
// end.
void Driver::retire() {
  if (over() || life_ == Life::kRetired) return;
  if (state_ == State::kPrimary) last_lease_ = core_.lease_until();
  state_ = State::kIdle;
  life_ = Life::kRetired;
  ports_.control.retired(last_lease_);
}

// --- questions ---

// Readers never see a state that holds effects which will be taken back.
bool Driver::readable() const {
  const bool in_group = state_ == State::kLearner || state_ == State::kSecondary ||
                        state_ == State::kActivating || state_ == State::kPrimary;
  return !over() && in_group && !queue_.takes_back() && core_.readable(queue_.machine_at());
}

uint64_t Driver::digest() const {
  Digest out;
  out.add(core_.digest(), queue_.behind_barrier(), static_cast<uint32_t>(state_),
          queue_.machine_at(), queue_.apply_to());
  for (const Effect& effect : queue_.waiting()) out.add(describe(effect));
  for (const Event& event : answers_) out.add(describe(event));
  return out.value();
}

}  // namespace multiaz::replication
