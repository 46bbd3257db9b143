#include "replication/sim/clients.h"

#include <functional>

#include "replication/sim/world.h"

namespace multiaz::replication::sim {
namespace {
constexpr Nanos kTimeout = kSecond;
}  // namespace

void Clients::start() {
  clients_.resize(world_.settings().clients);
  for (uint32_t client = 0; client < clients_.size(); ++client) next(client);
}

void Clients::next(uint32_t client) {
  if (stopped_) return;
  world_.scheduler().after(
      world_.settings().client_pause.draw(world_.fate().random()), [this, client] {
        if (stopped_) return;
        Operation operation;
        operation.id = ++last_id_;
        operation.write = world_.fate().random().percent(60);
        operation.replica_read = !operation.write && world_.fate().random().percent(20);
        if (operation.write) operation.value = ++last_value_;
        Client& self = clients_[client];
        self.operation = operation.id;
        uint32_t target = self.target;
        if (operation.replica_read || world_.fate().random().percent(3))
          target = static_cast<uint32_t>(world_.fate().random().below(world_.size()));
        const Lsn floor = world_.checker().floor();
        perform(target, operation, [this, client, operation, floor](Outcome outcome, Lsn lsn) {
          finished(client, operation, outcome, lsn, floor);
        });
        world_.scheduler().after(kTimeout, [this, client, operation, floor] {
          finished(client, operation, Outcome::kInDoubt, Lsn(), floor);
        });
      });
}

// Requests and answers take their time, and a cut in either direction loses them.
void Clients::travel(std::function<void()> action) {
  const Nanos delay = world_.settings().client_delay;
  if (delay == 0) return action();
  world_.scheduler().after(delay, std::move(action));
}

void Clients::perform(uint32_t member, Operation operation, Reply reply) {
  if (!world_.network().reachable_by_clients(member)) return;
  travel([this, member, operation, reply = std::move(reply)] {
    world_.node(member).request(operation, [this, member, reply](Outcome outcome, Lsn lsn) {
      if (world_.network().reachable_by_clients(member)) travel([=] { reply(outcome, lsn); });
    });
  });
}

void Clients::finished(uint32_t client, const Operation& operation, Outcome outcome, Lsn lsn,
                       Lsn floor) {
  Client& self = clients_[client];
  if (self.operation != operation.id) return;  // it was answered or given up before
  self.operation = 0;
  if (outcome == Outcome::kOk) {
    if (operation.replica_read) {
      ++counts_.replica_reads;
    } else {
      ++(operation.write ? counts_.writes_ok : counts_.reads_ok);
      if (operation.write) last_write_ok_ = world_.now();
      world_.checker().completed(operation.write, lsn, floor);
    }
  } else {
    ++(outcome == Outcome::kDefinite ? counts_.definite : counts_.in_doubt);
    if (!operation.replica_read)
      self.target = static_cast<uint32_t>(world_.fate().random().below(world_.size()));
  }
  next(client);
}

void Clients::write_to(uint32_t member, std::function<void(Outcome, Lsn)> done) {
  Operation operation;
  operation.id = ++last_id_;
  operation.write = true;
  operation.value = ++last_value_;
  const Lsn floor = world_.checker().floor();
  perform(member, operation, [this, floor, done = std::move(done)](Outcome outcome, Lsn lsn) {
    if (outcome == Outcome::kOk) {
      last_write_ok_ = world_.now();
      world_.checker().completed(true, lsn, floor);
    }
    done(outcome, lsn);
  });
}

void Clients::read_from(uint32_t member, std::function<void(Outcome, Lsn)> done) {
  Operation operation;
  operation.id = ++last_id_;
  const Lsn floor = world_.checker().floor();
  perform(member, operation, [this, floor, done = std::move(done)](Outcome outcome, Lsn lsn) {
    if (outcome == Outcome::kOk) world_.checker().completed(false, lsn, floor);
    done(outcome, lsn);
  });
}

}  // namespace multiaz::replication::sim
