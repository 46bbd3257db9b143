// Life of a simulated process, and its disk.
#include "replication/sim/node.h"

#include <fmt/format.h>

#include <variant>

#include "replication/sim/world.h"

namespace multiaz::replication::sim {

Node::Node(World& world, uint32_t index) : index_(index), world_(world) {
  disk_.wipe(Incarnation(fmt::format("{}1", id().raw)));
}

// Each clock has its own start and rate; jumps of the wall clock cannot be seen at all (rule 6).
Nanos Node::local_now() const {
  return (index_ + 1) * 1000 * kSecond +
         world_.now() / 1000 * world_.settings().clock_rates[index_];
}

void Node::boot() {
  CHECK(!up());
  ++life_;
  launch_ = Launch(launch_.raw + 1);
  const Settings& s = world_.settings();
  if (s.durability == Durability::kMemory && launch_.raw > 1) world_.empty_disk(index_);
  disk_.recover();
  state_ = disk_.base_state();
  Config config;
  config.self = {id(), disk_.incarnation};
  config.launch = launch_;
  config.durability = s.durability;
  config.min_in_sync = s.min_in_sync;
  config.timings = s.timings;
  config.bug = s.bug;
  core_ = std::make_unique<Core>(std::move(config));
  paused_ = false;
  read_floor_ = world_.checker().acked();
  world_.trace(id().raw, fmt::format("boots as launch {}", launch_.raw));
  handle(disk_.start_event());
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
  if (handling_) finished_ = std::move(core_);  // its step is still on the stack
  core_.reset();
  inbox_.clear();
  events_.clear();
  effects_.clear();
  barrier_ = is_primary_ = false;
  covered_state_ = State::kStarting;
  sessions_.clear();
  for (const Waiting& waiting : waiting_) waiting.reply(Outcome::kInDoubt, Lsn());
  waiting_.clear();
  staged_.reset();
  ++log_generation_;
  writing_ = syncing_ = fail_sync_ = paused_ = false;
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
    work();
  }
}

// Everything that happens in the process passes here: a stopped one keeps it for later.
void Node::run(std::string_view what, std::function<void()> work) {
  if (!up()) return;
  if (paused_ || !inbox_.empty()) {
    inbox_digest_.add(what);
    inbox_.push_back(std::move(work));
  } else {
    work();
  }
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
  if (!paused_ && inbox_.empty()) return handle(std::move(event));
  const std::string what = describe(event);
  run(what, [this, event = std::move(event)]() mutable { handle(std::move(event)); });
}

void Node::deliver(uint32_t from, LinkItem item) {
  if (!up()) return;
  if (!paused_ && inbox_.empty()) return receive(from, item);
  inbox_digest_.add(from, static_cast<uint64_t>(item.kind), item.session, item.message);
  inbox_.emplace_back([this, from, item = std::move(item)]() mutable { receive(from, item); });
}

void Node::receive(uint32_t from, LinkItem& item) {
  uint64_t& session = sessions_[from];
  if (item.kind == LinkItem::Kind::kUp) {
    session = item.session;
    const Node& peer = world_.node(from);
    return handle(LinkUp{{peer.id(), world_.session_life(item.session, from)}, peer.launch_});
  }
  if (item.session != session) return;  // of a link that was replaced
  if (item.kind == LinkItem::Kind::kDown) {
    session = 0;
    return handle(LinkDown{world_.node(from).id()});
  }
  if (const auto* begin = std::get_if<SnapshotBegin>(&item.message)) {
    staged_ = item.state;
    return handle(
        SnapshotReceived{world_.node(from).id(), begin->epoch, begin->round, begin->mark});
  }
  handle(Received{world_.node(from).id(), std::move(item.message)});
}

void Node::handle(Event event) {
  events_.push_back(std::move(event));
  pump();
}

void Node::pump() {
  if (handling_) return;
  handling_ = true;
  carry_out();
  while (up() && !events_.empty()) {
    Event next = std::move(events_.front());
    events_.pop_front();
    if (core_->state() == State::kFailed) continue;  // its Fail waits behind a view
    if (world_.settings().trace_events && !std::holds_alternative<Tick>(next))
      world_.trace(id().raw, "  > " + describe(next));
    const bool led = core_->state() == State::kPrimary;
    for (Effect& effect : core_->step(local_now(), std::move(next)))
      effects_.push_back(std::move(effect));
    if (led && core_->state() != State::kPrimary) read_floor_ = world_.checker().acked();
    carry_out();
    if (up()) world_.checker().after_step(index_);
  }
  handling_ = false;
  finished_.reset();
}

void Node::carry_out() {
  while (up() && !effects_.empty() && !barrier_) {
    Effect effect = std::move(effects_.front());
    effects_.pop_front();
    if (world_.dies_now(index_)) {
      world_.cover("crash between two effects");
      return world_.crash(index_, 50 * kMillisecond);
    }
    if (world_.settings().trace_events && !std::holds_alternative<Trace>(effect))
      world_.trace(id().raw, "  < " + describe(effect));
    std::visit([this](auto& e) { perform(e); }, effect);
  }
}

bool Node::leads() const {
  if (!up() || !is_primary_) return false;
  for (const Effect& effect : effects_)
    if (const auto* role = std::get_if<RoleChanged>(&effect))
      if (role->state != State::kPrimary) return false;
  return true;
}

// ---- the log file: one write and one sync at a time, each for everything queued (group commit)

void Node::start_write() {
  if (writing_ || disk_.written() == disk_.tail()) return;
  writing_ = true;
  const Lsn upto = disk_.tail();
  later(world_.settings().write_delay.draw(world_.random()) + disk_extra_,
        [this, generation = log_generation_, upto] { write_finished(generation, upto); });
}

void Node::write_finished(uint64_t generation, Lsn lsn) {
  writing_ = false;
  if (generation == log_generation_) {
    disk_.write_done(lsn);
    handle(Appended{lsn, epoch_at(disk_.mark_at(lsn).history, lsn)});
    if (!up()) return;
  }
  start_write();
  start_sync();
}

void Node::start_sync() {
  if (syncing_ || world_.settings().durability != Durability::kDisk) return;
  if (disk_.synced() == disk_.written()) return;
  syncing_ = true;
  const Lsn upto = disk_.written();
  later(world_.settings().sync_delay.draw(world_.random()) + disk_extra_,
        [this, generation = log_generation_, upto] { sync_finished(generation, upto); });
}

void Node::sync_finished(uint64_t generation, Lsn lsn) {
  syncing_ = false;
  if (std::exchange(fail_sync_, false)) {
    disk_.sync_failed();
    world_.cover("fsync failed");
    handle(LogFailed{"fdatasync: EIO"});
    if (!up()) return;
    disk_.sync_done(lsn);  // what a second fdatasync says
  } else if (generation == log_generation_) {
    disk_.sync_done(lsn);
    handle(Persisted{lsn, epoch_at(disk_.mark_at(lsn).history, lsn)});
    if (!up()) return;
  }
  start_sync();
}

void Node::trim_log() {
  if (!up() || paused_ || handling_ || barrier_) return;
  const Lsn limit = core_->trim_limit();
  if (limit <= disk_.base() || state_.size() < limit.raw) return;
  disk_.trim(limit, state_);
  world_.cover("log trimmed");
  handle(LogTrimmed{limit});
}

}  // namespace multiaz::replication::sim
