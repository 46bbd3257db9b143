// Life and turns of a simulated process.
#include "replication/sim/node.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "replication/sim/world.h"

namespace multiaz::replication::sim {

Node::Node(World& world, uint32_t index)
    : index_(index), world_(world), disk_port_(*this), links_(*this), machine_(*this) {
  disk_.wipe(Incarnation(fmt::format("{}1", id().raw)));
}

// Each clock has its own start and rate; jumps of the wall clock cannot be seen at all (rule 6).
Nanos Node::local_now() const {
  return (index_ + 1) * 1000 * kSecond +
         world_.now() / 1000 * world_.settings().clock_rates[index_];
}

// --- life

void Node::boot() {
  CHECK(!up());
  ++life_;
  launch_ = Launch(launch_.raw + 1);
  const Settings& s = world_.settings();
  if (s.durability == Durability::kMemory && launch_.raw > 1) world_.empty_disk(index_);
  disk_.recover();
  machine_.booted(disk_.base_state(), world_.checker().acked());
  Config config;
  config.self = {id(), disk_.incarnation};
  config.launch = launch_;
  config.durability = s.durability;
  config.min_in_sync = s.min_in_sync;
  config.timings = s.timings;
  config.bug = s.bug;
  driver_ = std::make_unique<Driver>(std::move(config),
                                     Ports{disk_port_, links_, machine_, *this, *this, this});
  paused_ = false;
  world_.trace(id().raw, fmt::format("boots as launch {}", launch_.raw));
  act([this] { driver_->start(disk_.start_event()); });
  report();
}

void Node::kill() {
  if (!up()) return;
  ++life_;
  for (const auto ticket : std::exchange(tickets_, {})) world_.scheduler().cancel(ticket);
  const uint64_t unwritten = disk_.tail().raw - disk_.written().raw;
  disk_.kill(unwritten == 0 ? 0 : world_.pick(unwritten + 1));
  world_.trace(id().raw, "process ends");
  world_.checker().process_ended(index_);
  driver_->end();
  if (acting_) finished_ = std::move(driver_);  // it is still on the stack
  driver_.reset();
  inbox_.clear();
  covered_state_ = State::kStarting;
  links_.process_ended();
  machine_.process_ended();
  disk_port_.process_ended();
  turn_due_ = turn_ends_later_ = paused_ = false;
  world_.process_ended(index_);
}

void Node::power_cut() {
  const bool was_up = up();
  if (was_up) kill();
  disk_.power_cut();
  world_.trace(id().raw, fmt::format("power cut: the log ends at {}", disk_.tail().raw));
}

void Node::resume() {
  if (!paused_) return;
  paused_ = false;
  world_.trace(id().raw, "continues");
  const uint64_t life = life_;
  while (!inbox_.empty() && !paused_ && life == life_) {
    auto work = std::move(inbox_.front());
    inbox_.pop_front();
    act(work);
  }
}

// --- what happens in the process

// Everything passes here: a stopped process keeps it for later.
void Node::run(std::string_view what, std::function<void()> work) {
  if (!up()) return;
  if (paused_ || !inbox_.empty()) {
    inbox_digest_.add(what);
    inbox_.push_back(std::move(work));
  } else {
    act(work);
  }
}

void Node::act(const std::function<void()>& work) {
  if (acting_) return work();
  acting_ = true;
  work();
  if (up()) end_turn();
  acting_ = false;
  finished_.reset();
}

void Node::end_turn() {
  const Nanos delay = world_.settings().turn_delay.draw(world_.random());
  if (delay == 0) return pump();
  if (!turn_due_ || turn_ends_later_) return;
  turn_ends_later_ = true;
  later(delay, [this] {
    turn_ends_later_ = false;
    pump();
  });
}

// What it asks for itself (a state that is behind) is another turn, if turns take time.
void Node::pump() {
  const bool at_once = world_.settings().turn_delay.high == 0;
  while (up() && std::exchange(turn_due_, false)) {
    driver_->pump();
    if (!at_once) break;
  }
  if (up()) world_.checker().after_step(index_);
}

void Node::later(Nanos delay, std::function<void()> work) {
  auto action = [this, life = life_, work = std::move(work)]() mutable {
    if (life == life_) run("later", std::move(work));
  };
  const auto ticket = world_.scheduler().after(delay, std::move(action));
  if (world_.exploring()) tickets_.push_back(ticket);
}

void Node::deliver(Event event) {
  if (!up()) return;
  const std::string what = paused_ || !inbox_.empty() ? describe(event) : "";
  run(what, [this, event = std::move(event)]() mutable { driver_->feed(std::move(event)); });
}

void Node::deliver(uint32_t from, LinkItem item) {
  if (!up()) return;
  if (paused_ || !inbox_.empty())
    inbox_digest_.add(from, static_cast<uint64_t>(item.kind), item.session, item.message);
  run("link", [this, from, item = std::move(item)]() mutable { links_.receive(from, item); });
}

void Node::request(Operation operation, Reply reply) {
  if (!up()) return reply(Outcome::kDefinite, Lsn());  // connection refused
  const std::string what = fmt::format("request {}", operation.id);
  run(what, [this, operation = std::move(operation), reply = std::move(reply)] {
    machine_.request(operation, reply);
  });
}

void Node::report() {
  run("report", [this] {
    MemberReport out;
    out.id = id();
    out.launch = launch_;
    out.incarnation = disk_.incarnation;
    out.view = core().view();
    out.state = core().state();
    out.tail_epoch = core().tail_epoch();
    out.tail = core().tail();
    world_.control_up(index_, std::move(out));
  });
}

void Node::trim_log() {
  if (!up() || paused_ || acting_ || driver_->queue().behind_barrier()) return;
  const Lsn limit = std::min(core().trim_limit(), driver_->queue().machine_at());
  if (limit <= disk_.base()) return;
  disk_.trim(limit, state());
  world_.cover("log trimmed");
  act([this, limit] { driver_->feed(LogTrimmed{limit}); });
}

// --- ports

void Node::role_changed(const RoleChanged& change, Nanos) {
  const bool primary = change.state == State::kPrimary;
  if (!primary) machine_.lost_role();
  // One that only renews its view may be an old primary that does not know of the next one yet.
  const bool current = core().state() == State::kPrimary && core().epoch() == change.epoch;
  const State before = std::exchange(covered_state_, change.state);
  if (primary && before != State::kPrimary && current) world_.checker().became_primary(index_);
  if (before != change.state)
    world_.cover(fmt::format("move {} to {}", to_string(before), to_string(change.state)));
}

void Node::ack_view(Epoch epoch) {
  world_.control_up(index_, ViewAcked{id(), launch_, epoch});
}

void Node::request_view(const RequestView& request) {
  world_.cover(fmt::format("request {}", to_string(request.change)));
  world_.control_up(index_, ViewRequested{id(), launch_, request});
}

void Node::trace(const std::string& text) {
  world_.trace(id().raw, text);
}

void Node::notice(const Notice& notice) {
  world_.cover("notice " + notice.kind);
  world_.trace(id().raw, fmt::format("notice {}: {}", notice.kind, notice.text));
}

void Node::failed(const std::string& reason) {
  world_.trace(id().raw, "fails: " + reason);
  world_.crash(index_, 100 * kMillisecond);
}

void Node::stepping(const Event& event) {
  if (world_.settings().trace_events && !std::holds_alternative<Tick>(event))
    world_.trace(id().raw, "  > " + describe(event));
}

void Node::stepped(State before) {
  const bool led = before == State::kPrimary;
  if (led && core().state() != State::kPrimary) machine_.stopped_leading(world_.checker().acked());
}

bool Node::before(const Effect& effect) {
  if (world_.dies_now(index_)) {
    world_.cover("crash between two effects");
    world_.crash(index_, 50 * kMillisecond);
    return false;
  }
  if (world_.settings().trace_events && !std::holds_alternative<Trace>(effect))
    world_.trace(id().raw, "  < " + describe(effect));
  return true;
}

}  // namespace multiaz::replication::sim
