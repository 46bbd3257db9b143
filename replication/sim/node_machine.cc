#include "replication/sim/node_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "replication/sim/node.h"
#include "replication/sim/world.h"

namespace multiaz::replication::sim {

namespace {

constexpr Nanos kInstall = 5 * kMillisecond;
constexpr uint64_t kRecordsInSliceMax = 4;

}  // namespace

void NodeMachine::booted(const Values& state, Lsn read_floor) {
  state_ = state;
  read_floor_ = read_floor;
}

void NodeMachine::process_ended() {
  for (const Waiting& waiting : std::exchange(waiting_, {}))
    waiting.reply(Outcome::kInDoubt, Lsn());
  installing_.reset();
}

// --- the driver's side

Result<Lsn> NodeMachine::apply(Lsn from, Lsn to) {
  World& world = node_.world();
  if (world.settings().turn_delay.high > 0)
    to = std::min(to, Lsn(from.raw + 1 + world.fate().random().below(kRecordsInSliceMax)));
  for (Lsn lsn(state_.size() + 1); lsn <= to; lsn = next(lsn))
    state_.push_back(std::stoull(node_.disk_.record(lsn).payload));
  return to;
}

void NodeMachine::committed(Lsn lsn) {
  while (!waiting_.empty() && waiting_.front().lsn <= lsn) {
    const Waiting done = std::move(waiting_.front());
    waiting_.pop_front();
    if (done.operation.write) node_.world().checker().acknowledged(node_.index_, done.lsn);
    done.reply(Outcome::kOk, done.lsn);
  }
}

bool NodeMachine::rollback(Lsn lsn) {
  World& world = node_.world();
  world.cover("rollback");
  if (state_.size() <= lsn.raw) return true;
  if (world.settings().rebuild_chance > 0 && world.fate().maybe(world.settings().rebuild_chance))
    return false;
  state_.resize(lsn.raw);
  return true;
}

void NodeMachine::rebuild(Lsn upto) {
  CHECK(node_.disk_.base() <= upto);
  node_.later(kInstall, [this] {
    node_.world().cover("state rebuilt");
    state_ = node_.disk_.base_state();
    node_.driver().done(Rebuilt{node_.disk_.base()});
  });
}

void NodeMachine::snapshot_came(const SnapshotReceived& received,
                                std::shared_ptr<const Values> state) {
  const bool waits = node_.driver().queue().installs();
  node_.driver().feed(received);
  if (!waits && node_.driver().queue().installs()) installing_ = std::move(state);
}

void NodeMachine::install(const Mark& mark) {
  const auto content = std::exchange(installing_, nullptr);
  CHECK(content && content->size() == mark.lsn.raw);
  node_.later(kInstall, [this, mark, content] {
    node_.world().cover("snapshot installed");
    node_.disk_port().install(mark, *content);
    state_ = *content;
    node_.driver().done(Installed{mark.lsn});
  });
}

// --- clients

void NodeMachine::lost_role() {
  for (const Waiting& waiting : std::exchange(waiting_, {}))
    waiting.reply(waiting.operation.write ? Outcome::kInDoubt : Outcome::kDefinite, Lsn());
}

void NodeMachine::request(const Operation& operation, const Reply& reply) {
  if (operation.replica_read) return read_replica(reply);
  if (operation.write) return write(operation, reply);
  read(operation, reply);
}

void NodeMachine::read_replica(const Reply& reply) {
  const Driver& driver = node_.driver();
  if (!driver.readable()) return reply(Outcome::kDefinite, Lsn());
  const bool leads = driver.core().state() == State::kPrimary;
  const Lsn seen = driver.queue().machine_at();
  node_.world().checker().replica_read(seen, leads ? Lsn() : read_floor_);
  reply(Outcome::kOk, seen);
}

// The lease is asked after the request was read; a read that saw an uncommitted write waits for it.
void NodeMachine::read(const Operation& operation, const Reply& reply) {
  if (!node_.driver().serving()) return reply(Outcome::kDefinite, Lsn());
  const Lsn seen(state_.size());
  if (seen <= node_.core().commit()) return reply(Outcome::kOk, seen);
  waiting_.push_back({seen, operation, reply});
}

void NodeMachine::write(const Operation& operation, const Reply& reply) {
  World& world = node_.world();
  const Result<Lsn> lsn = node_.driver().append(std::to_string(operation.value));
  if (!lsn) {
    world.cover("append refused: " + lsn.error().detail);
    return reply(Outcome::kDefinite, Lsn());
  }
  if (state_.size() + 1 != lsn->raw)
    return world.checker().violate(
        "executed-elsewhere", fmt::format("{} executes record {} on a state at {}", node_.id().raw,
                                          lsn->raw, state_.size()));
  state_.push_back(operation.value);
  waiting_.push_back({*lsn, operation, reply});
  if (world.settings().hold_chance == 0 ||
      !world.fate().random().percent(world.settings().hold_chance))
    return;
  node_.driver().more_to_come(true);
  node_.later(world.fate().random().below(kHoldMs * kMillisecond) + 1,
              [this] { node_.driver().more_to_come(false); });
}

void NodeMachine::digest(Digest& out) const {
  out.add(state_.size());
  for (const Waiting& waiting : waiting_) out.add(waiting.lsn, waiting.operation.id);
}

}  // namespace multiaz::replication::sim
