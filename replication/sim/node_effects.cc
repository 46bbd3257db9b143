// Carrying out effects, and serving clients.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "replication/sim/node.h"
#include "replication/sim/world.h"

namespace multiaz::replication::sim {

void Node::perform(PersistView& e) {
  const Nanos delay = world_.settings().persist_delay.draw(world_.random());
  if (delay == 0 && !world_.exploring()) {
    disk_.view = e.view;
    return;
  }
  barrier_ = true;
  later(delay, [this, view = e.view] {
    disk_.view = view;
    barrier_ = false;
    pump();
    if (up()) world_.checker().after_step(index_);
  });
}

void Node::perform(AppendLog& e) {
  disk_.append(std::move(e.records));
  if (world_.settings().durability == Durability::kMemory) disk_.write_done(disk_.tail());
  start_write();
}

void Node::perform(TruncateLog& e) {
  world_.cover("log truncated");
  ++log_generation_;
  disk_.truncate(e.after);
  CHECK(state_.size() <= e.after.raw);
  const Nanos delay = world_.settings().truncate_delay.draw(world_.random());
  auto done = [this] { handle(Truncated{disk_.mark_at(disk_.tail())}); };
  if (delay == 0)
    done();
  else
    later(delay, done);
}

void Node::perform(SendMessage& e) {
  world_.checker().sending(index_, e.message);
  world_.send(index_, e.to, std::move(e.message), sessions_);
}

void Node::perform(SendRecords& e) {
  if (e.first <= disk_.base() || e.first > disk_.tail())  // the log went on while this waited
    return handle(RecordsSent{e.to, e.round, Lsn(e.first.raw - 1), 0});
  AppendBatch batch;
  batch.epoch = e.epoch;
  batch.round = e.round;
  batch.prev = Lsn(e.first.raw - 1);
  batch.commit = e.commit;
  const Mark before = disk_.mark_at(batch.prev);
  batch.prev_epoch = epoch_at(before.history, batch.prev);
  batch.prev_hash = before.hash;
  const uint32_t limit = world_.settings().batch_records_max;
  uint64_t bytes = 0;
  for (Lsn lsn = e.first; lsn <= std::min(e.last, disk_.tail()) && batch.records.size() < limit;
       lsn = next(lsn)) {
    batch.records.push_back(disk_.record(lsn));
    bytes += disk_.record(lsn).payload.size();
  }
  const RecordsSent sent{e.to, e.round, batch.records.back().lsn, bytes};
  world_.send(index_, e.to, std::move(batch), sessions_);
  handle(sent);
}

// A state that holds uncommitted effects cannot always be copied: then core asks again. What is
// committed may still wait to be applied here, behind this effect.
void Node::perform(SendSnapshot& e) {
  const Lsn lsn = std::min(core_->commit(), Lsn(state_.size()));
  if (world_.maybe(20)) return handle(SnapshotSent{e.to, e.round, lsn, false});
  world_.cover("snapshot sent");
  auto state =
      std::make_shared<Values>(state_.begin(), state_.begin() + static_cast<ptrdiff_t>(lsn.raw));
  world_.send(index_, e.to, SnapshotBegin{e.epoch, e.round, disk_.mark_at(lsn)}, sessions_,
              std::move(state));
  handle(SnapshotSent{e.to, e.round, lsn, true});
}

void Node::perform(InstallSnapshot& e) {
  later(5 * kMillisecond, [this, mark = e.mark, staged = staged_] {
    world_.cover("snapshot installed");
    ++log_generation_;
    disk_.install(mark, *staged);
    state_ = *staged;
    handle(SnapshotInstalled{});
  });
}

void Node::perform(CommitPoint& e) {
  answer_waiting(e.lsn);
}

void Node::perform(ApplyUpTo& e) {
  for (Lsn lsn = Lsn(state_.size() + 1); lsn <= e.lsn; lsn = next(lsn))
    state_.push_back(std::stoull(disk_.record(lsn).payload));
}

void Node::perform(Rollback& e) {
  world_.cover("rollback");
  if (state_.size() > e.lsn.raw) state_.resize(e.lsn.raw);
}

void Node::perform(RoleChanged& e) {
  const bool was_primary = std::exchange(is_primary_, e.state == State::kPrimary);
  if (!is_primary_) lose_role();
  // One that only renews its view may be an old primary that does not know of the next one yet.
  const bool current = core_->state() == State::kPrimary && core_->epoch() == e.epoch;
  if (is_primary_ && !was_primary && current) world_.checker().became_primary(index_);
  const State before = std::exchange(covered_state_, e.state);
  if (before != e.state)
    world_.cover(fmt::format("move {} to {}", to_string(before), to_string(e.state)));
}

void Node::lose_role() {
  for (const Waiting& waiting : std::exchange(waiting_, {}))
    waiting.reply(waiting.operation.write ? Outcome::kInDoubt : Outcome::kDefinite, Lsn());
}

void Node::perform(AckView& e) {
  world_.control_up(index_, ViewAcked{id(), launch_, e.epoch});
}

void Node::perform(RequestView& e) {
  world_.cover(fmt::format("request {}", to_string(e.change)));
  world_.control_up(index_, ViewRequested{id(), launch_, e});
}

void Node::perform(Trace& e) {
  world_.trace(id().raw, e.text);
}
void Node::perform(Notice& e) {
  world_.cover("notice " + e.kind);
  world_.trace(id().raw, fmt::format("notice {}: {}", e.kind, e.text));
}
void Node::perform(Fail& e) {
  world_.trace(id().raw, "fails: " + e.reason);
  world_.crash(index_, 100 * kMillisecond);
}

void Node::report() {
  run("report", [this] {
    MemberReport out;
    out.id = id();
    out.launch = launch_;
    out.incarnation = disk_.incarnation;
    out.view = core_->view();
    out.state = core_->state();
    out.tail_epoch = core_->tail_epoch();
    out.tail = core_->tail();
    world_.control_up(index_, std::move(out));
  });
}

void Node::request(Operation operation, Reply reply) {
  if (!up()) return reply(Outcome::kDefinite, Lsn());  // connection refused
  const std::string what = fmt::format("request {}", operation.id);
  run(what, [this, operation = std::move(operation), reply = std::move(reply)] {
    do_request(operation, reply);
  });
}

// The lease is asked after the request was read; a read that saw an uncommitted write waits for it.
void Node::do_request(const Operation& operation, const Reply& reply) {
  const Nanos now = local_now();
  if (operation.replica_read) {
    const Lsn seen = std::min(Lsn(state_.size()), core_->applied());
    if (!core_->readable(seen) || barrier_) return reply(Outcome::kDefinite, Lsn());
    const bool leads = core_->state() == State::kPrimary;
    world_.checker().replica_read(seen, leads ? Lsn() : read_floor_);
    return reply(Outcome::kOk, seen);
  }
  if (!operation.write) {
    if (!leads() || !core_->may_serve(now)) return reply(Outcome::kDefinite, Lsn());
    const Lsn seen(state_.size());
    if (seen <= core_->commit()) return reply(Outcome::kOk, seen);
    waiting_.push_back({seen, operation, reply});
    return;
  }
  const Refusal refusal = leads() ? core_->can_append(now) : Refusal::kNotPrimary;
  if (refusal != Refusal::kNone) {
    world_.cover(fmt::format("append refused: {}", to_string(refusal)));
    return reply(Outcome::kDefinite, Lsn());
  }
  CHECK(state_.size() == core_->tail().raw);
  state_.push_back(operation.value);
  waiting_.push_back({Lsn(state_.size()), operation, reply});
  ClientAppend append;
  append.payloads.push_back(std::to_string(operation.value));
  handle(std::move(append));
}

void Node::answer_waiting(Lsn commit) {
  while (!waiting_.empty() && waiting_.front().lsn <= commit) {
    const Waiting done = std::move(waiting_.front());
    waiting_.pop_front();
    if (done.operation.write) world_.checker().acknowledged(index_, done.lsn);
    done.reply(Outcome::kOk, done.lsn);
  }
}

}  // namespace multiaz::replication::sim
