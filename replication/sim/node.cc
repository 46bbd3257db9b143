#include "replication/sim/node.h"

#include <fmt/format.h>

#include <utility>

#include "replication/sim/world.h"

namespace multiaz::replication::sim {

Node::Node(World& world, uint32_t index)
    : index_(index),
      world_(world),
      disk_port_(*this),
      links_(*this),
      machine_(*this),
      control_(*this),
      loop_(*this) {
  disk_.wipe(Incarnation(fmt::format("{}1", id().raw)));
}

// Each clock has its own start and rate; jumps of the wall clock cannot be seen at all (rule 6).
Nanos Node::local_now() const {
  return (index_ + 1) * 1000 * kSecond +
         world_.now() / 1000 * world_.settings().clock_rates[index_];
}

// --- the process's life

void Node::boot() {
  CHECK(!up());
  loop_.begin_life();
  launch_ = Launch(launch_.raw + 1);
  const Settings& s = world_.settings();
  if (s.durability == Durability::kMemory && launch_.raw > 1) world_.instances().empty_disk(index_);
  disk_.recover();
  machine_.booted(disk_.base_state(), world_.checker().acked());
  Config config;
  config.self = {id(), disk_.incarnation};
  config.launch = launch_;
  config.durability = s.durability;
  config.min_in_sync = s.min_in_sync;
  config.timings = s.timings;
  config.bug = s.bug;
  driver_ = std::make_unique<Driver>(
      std::move(config), Ports{disk_port_, links_, machine_, control_, loop_, &control_});
  world_.trace(id().raw, fmt::format("boots as launch {}", launch_.raw));
  loop_.act([this] { driver_->start(disk_.start_event()); });
  report();
}

void Node::kill() {
  if (!up()) return;
  loop_.end_life();
  const uint64_t unwritten = disk_.tail().raw - disk_.written().raw;
  disk_.kill(unwritten == 0 ? 0 : world_.fate().pick(unwritten + 1));
  world_.trace(id().raw, "process ends");
  world_.checker().process_ended(index_);
  driver_->end();
  if (loop_.acting()) loop_.keep(std::move(driver_));
  driver_.reset();
  control_.process_ended();
  links_.process_ended();
  machine_.process_ended();
  disk_port_.process_ended();
  loop_.stop();
  world_.network().process_ended(index_);
  world_.control().process_ended(index_);
}

void Node::power_cut() {
  const bool was_up = up();
  if (was_up) kill();
  disk_.power_cut();
  world_.trace(id().raw, fmt::format("power cut: the log ends at {}", disk_.tail().raw));
}

// --- events in the process

void Node::deliver(Event event) {
  if (!up()) return;
  const std::string what = loop_.waits() ? describe(event) : "";
  loop_.run(what, [this, event = std::move(event)]() mutable { driver_->feed(std::move(event)); });
}

void Node::deliver(uint32_t from, LinkItem item) {
  if (!up()) return;
  if (loop_.waits())
    loop_.inbox_digest().add(from, static_cast<uint64_t>(item.kind), item.session, item.message);
  loop_.run("link", [this, from, item = std::move(item)]() mutable { links_.receive(from, item); });
}

void Node::request(Operation operation, Reply reply) {
  if (!up()) return reply(Outcome::kDefinite, Lsn());  // connection refused
  const std::string what = fmt::format("request {}", operation.id);
  loop_.run(what, [this, operation = std::move(operation), reply = std::move(reply)] {
    machine_.request(operation, reply);
  });
}

void Node::report() {
  loop_.run("report", [this] { control_.report(); });
}

void Node::trim_log() {
  if (!up() || paused() || loop_.acting() || driver_->queue().behind_barrier()) return;
  const Lsn limit = std::min(core().trim_limit(), driver_->queue().machine_at());
  if (limit <= disk_.base()) return;
  disk_.trim(limit, state());
  world_.cover("log trimmed");
  loop_.act([this, limit] { driver_->feed(LogTrimmed{limit}); });
}

}  // namespace multiaz::replication::sim
