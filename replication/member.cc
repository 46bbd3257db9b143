#include "replication/member.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "base/core/inner_faults.h"
#include "base/core/log.h"
#include "base/core/random.h"
#include "base/wire/control.h"
#include "replication/member_impl.h"
#include "replication/wire_view.h"

namespace multiaz::replication {

Result<Timings> timings_for(std::string_view profile) {
  Timings timings;
  if (profile == "fast") return timings;
  if (profile != "aws") {
    return Error(Code::kInvalid,
                 fmt::format("profile \"{}\": must be \"fast\" or \"aws\"", profile));
  }
  timings.heartbeat_ms = 1000;
  timings.lease_ms = 10'000;
  timings.grace_ms = 12'500;
  timings.removal_ms = 20'000;
  timings.primary_silent_ms = 30'000;
  timings.request_retry_ms = 1000;
  timings.join_stable_ms = 2000;
  timings.rejoin_penalty_ms = 10'000;
  timings.rejoin_penalty_ms_max = 160'000;
  timings.handover_ms = 10'000;
  return timings;
}

Member::Impl::Impl(MemberConfig config, StateMachine& machine, MemberHooks hooks)
    : config_(std::move(config)), machine_(machine), hooks_(std::move(hooks)) {}

Member::Impl::~Impl() {
  CHECK_NOTE(!running_, "a Member was destroyed while it runs");
  *alive_ = false;
}

// --- opening ---

Status Member::Impl::open() {
  const auto key = wire::membership_proof(config_.key_hex, "key", "a", "b", config_.id.raw);
  if (!key) return key.error();
  Status state = open_state();
  if (!state.ok() && state.error().code == Code::kCorrupt && config_.set_damage_aside) {
    if (Status moved = set_damage_aside(state.error().detail); !moved) return moved;
    state = open_state();
  }
  if (!state.ok()) return state;
  if (Status done = open_links(); !done) return done;
  Config config;
  config.self.id = config_.id;
  config.self.incarnation = incarnation();
  config.launch = config_.launch;
  config.durability = config_.durability;
  config.min_in_sync = config_.min_in_sync;
  config.timings = config_.timings;
  config.bug = config_.bug;
  core_ = std::make_unique<Core>(std::move(config));
  view_ = log_->meta().view;
  Start start;
  start.view = view_;
  start.base = log_->base();
  start.tail = log_->tail();
  start.durable = log_->tail().lsn;
  start.applied = machine_at_;
  feed(std::move(start));
  load_addresses();
  return Status();
}

Status Member::Impl::open_state() {
  if (Status done = open_log(); !done) return done;
  return restore_machine();
}

Status Member::Impl::set_damage_aside(const std::string& what) {
  log_.reset();
  Storage& storage = config_.storage ? *config_.storage : faulty_storage();
  const std::string aside = fmt::format("{}.damaged-{}", config_.data_dir, wall_now_ms());
  if (Status done = storage.rename(config_.data_dir, aside); !done) return done;
  event("storage-damaged", fmt::format("{}: set aside as {}, starting empty", what, aside));
  return machine_.install(Lsn())->finish();
}

Status Member::Impl::open_log() {
  if (config_.data_dir.empty() && config_.durability != Durability::kAsync) {
    config_.durability = Durability::kMemory;
  }
  wakeup_ = std::make_unique<rt::Wakeup>([this] { schedule(); });
  LogOptions options;
  options.folder = config_.data_dir;
  options.durability = config_.durability;
  options.storage = config_.storage;
  options.believe_second_sync = config_.bug == Bug::kRetryFsync;
  options.wake = [wakeup = wakeup_.get()] { wakeup->signal(); };
  auto log = Log::open(std::move(options));
  if (!log) return log.error();
  log_ = std::move(*log);
  log_->on_failed = [this](const std::string& reason) { log_failed(reason); };
  log_->on_stable = [this](Lsn lsn, Epoch epoch) {
    if (config_.durability == Durability::kDisk) {
      Persisted persisted;
      persisted.lsn = lsn;
      persisted.epoch = epoch;
      answer(persisted);
    } else {
      Appended appended;
      appended.lsn = lsn;
      appended.epoch = epoch;
      answer(appended);
    }
  };
  if (!log_->repaired().empty()) event("log-repaired", log_->repaired());
  return Status();
}

Status Member::Impl::open_links() {
  auto listener = rt::Listener::bind(config_.address);
  if (!listener) return listener.error();
  LinkIdentity identity;
  identity.cluster = config_.cluster;
  identity.group = config_.group;
  identity.key_hex = config_.key_hex;
  identity.self.id = config_.id;
  identity.self.incarnation = incarnation();
  identity.launch = config_.launch;
  links_ = std::make_unique<Links>(std::move(identity), std::move(*listener), *this);
  return Status();
}

void Member::Impl::load_addresses() {
  for (const auto& [id, text] : log_->meta().addresses) {
    const auto address = rt::parse_address(text, kReplicationPort);
    if (address) addresses_[id] = *address;
  }
  update_peers();
}

// Whoever the newest view names and whose address is known.
void Member::Impl::update_peers() {
  std::map<NodeId, rt::Address> peers;
  const auto want = [&](const NodeId& id) {
    const auto found = addresses_.find(id);
    if (id != config_.id && found != addresses_.end()) peers[id] = found->second;
  };
  for (const MemberRef& member : core_->view().in_sync) want(member.id);
  for (const LearnerRef& learner : core_->view().learners) want(learner.id);
  links_->set_peers(std::move(peers));
}

// --- running ---

rt::Task<Status> Member::Impl::run(rt::Stop& stop) {
  running_ = true;
  for (auto& [kind, text] : std::exchange(early_events_, {})) event(kind, text);
  const rt::Stop::Ticket ticket = stop.add([this] { rt::defer([this] { over_.wake(); }); });
  ticker_ = std::make_unique<rt::Timer>([this] { on_tick(); });
  ticker_->start(kTickMs, kTickMs);
  hold_timer_ = std::make_unique<rt::Timer>([this] { more_to_come(false); });
  nursery_.spawn("replication links", links_->run());
  schedule();
  while (!stop.requested() && !failure_) co_await over_;
  stop.remove(ticket);
  if (!failure_) retire();
  ticker_.reset();
  hold_timer_.reset();
  links_->stop();
  nursery_.stop();
  co_await nursery_.join();
  running_ = false;
  if (failure_) co_return Error(Code::kIo, *failure_);
  co_return Status();
}

void Member::Impl::on_tick() {
  feed(Tick());
  if (saving_) read_snapshot_on();
  copy_some();
  if (++ticks_ % (kLinksTickMs / kTickMs) != 0) return;
  links_->tick();
  consider_snapshot();
  trim_log();
}

void Member::Impl::event(std::string kind, std::string text) {
  if (!running_) {  // the daemon has no agent yet
    early_events_.emplace_back(std::move(kind), std::move(text));
    return;
  }
  log::info(kind + ": " + text);
  if (hooks_.event) hooks_.event(std::move(kind), std::move(text));
}

void Member::Impl::on_view(const wire::ViewUpdate& update) {
  if (update.group != config_.group) return;
  auto order = from_wire(update);
  if (!order) {
    event("bad-view", order.error().text());
    return;
  }
  for (const wire::MemberInfo& member : update.members) {
    const auto address = rt::parse_address(member.address, kReplicationPort);
    if (!address) continue;
    const uint16_t port = member.port == 0 ? kReplicationPort : member.port;
    addresses_[NodeId(member.id)] = rt::make_address(address->ip, port);
  }
  feed(std::move(*order));
  if (core_) update_peers();
}

void Member::Impl::on_hand_over(const wire::HandOver& order) {
  if (order.group != config_.group) return;
  HandOver hand_over;
  hand_over.to = NodeId(order.to);
  feed(std::move(hand_over));
}

// --- Group ---

Result<Lsn> Member::Impl::append(std::string payload) {
  fault_point("before_append");
  CHECK(payload.size() <= kRecordBytesMax);
  if (failure_) return Error(Code::kUnavailable, *failure_);
  const Nanos now = monotonic_now();
  const Refusal refusal = role_ == Role::kPrimary ? core_->can_append(now) : Refusal::kNotPrimary;
  if (refusal != Refusal::kNone) {
    return Error(Code::kUnavailable, std::string(to_string(refusal)));
  }
  const Lsn lsn = next(core_->tail());
  last_append_at_ = now;
  if (held_bytes_ == 0) held_since_ = now;
  held_bytes_ += payload.size() + 1;
  appended_ = true;
  ClientAppend append;
  append.payloads.push_back(std::move(payload));
  feed(std::move(append));
  CHECK(core_->tail() == lsn);
  return lsn;
}

bool Member::Impl::serving() const {
  return role_ == Role::kPrimary && !failure_ && core_->may_serve(monotonic_now());
}

bool Member::Impl::readable() const {
  return role_ != Role::kNone && !failure_ && core_->readable(machine_at_);
}

GroupStatus Member::Impl::status() const {
  GroupStatus out;
  const Nanos now = monotonic_now();
  out.role = role_;
  out.epoch = view_.epoch;
  out.tail = core_->tail();
  out.commit = machine_at_;
  out.serving = serving();
  out.primary = view_.primary.raw;
  const Nanos until = core_->lease_until();
  if (until == std::numeric_limits<Nanos>::max()) {
    out.lease_left_ms = config_.timings.lease_ms;  // alone: it never runs out
  } else if (until > now) {
    out.lease_left_ms = (until - now) / kMillisecond;
  }
  for (const FollowerView& follower : core_->followers()) {
    PeerStatus peer;
    peer.id = follower.id.raw;
    peer.in_sync = follower.in_sync;
    peer.connected = follower.linked;
    peer.acked = follower.acked;
    peer.lag_ms = now > follower.caught_up_at ? (now - follower.caught_up_at) / kMillisecond : 0;
    out.peers.push_back(std::move(peer));
  }
  return out;
}

void Member::Impl::fill(wire::StatusReport& report) const {
  const GroupStatus now = status();
  const LearnerRef* learner = view_.learner(config_.id);
  report.role = now.role == Role::kNone ? "" : std::string(to_string(now.role));
  if (now.role == Role::kLearner && learner && !learner->candidate) report.role = "replica";
  report.epoch = now.epoch.raw;
  report.tail = now.tail.raw;
  report.commit = now.commit.raw;
  report.serving = now.serving;
  report.lease_left_ms = static_cast<int64_t>(now.lease_left_ms);
  report.incarnation = incarnation().raw;
  report.peers.clear();
  for (const PeerStatus& follower : now.peers) {
    wire::PeerStatus peer;
    peer.id = follower.id;
    peer.in_sync = follower.in_sync;
    peer.connected = follower.connected;
    peer.acked = follower.acked.raw;
    peer.lag_ms = follower.lag_ms;
    report.peers.push_back(std::move(peer));
  }
  report.view = describe(view_);
  report.member_state = std::string(to_string(failure_ ? State::kFailed : state_));
  report.tail_epoch = core_->tail_epoch().raw;
  if (failure_) report.health = *failure_;
  const LogCounters log = log_->counters();
  report.counters["log_base"] = log_->base().lsn.raw;
  report.counters["log_tail"] = log_->tail().lsn.raw;
  report.counters["log_tail_hash"] = log_->tail().hash;
  for (const Milestone& one : log_->milestones()) {
    const std::string name = "log_at_" + std::to_string(one.every);
    report.counters[name] = one.lsn.raw;
    report.counters[name + "_hash"] = one.hash;
  }
  report.counters["log_bytes"] = log.bytes;
  report.counters["log_segments"] = log.segments;
  report.counters["log_syncs"] = log.syncs;
  report.counters["log_sync_us_max"] = log.sync_us_max;
}

// --- the public face ---

Member::Member(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Member::~Member() = default;

Result<std::unique_ptr<Member>> Member::open(MemberConfig config, StateMachine& machine,
                                             MemberHooks hooks) {
  auto impl = std::make_unique<Impl>(std::move(config), machine, std::move(hooks));
  if (Status done = impl->open(); !done) return done.error();
  return std::unique_ptr<Member>(new Member(std::move(impl)));
}

rt::Task<Status> Member::run(rt::Stop& stop) {
  return impl_->run(stop);
}
void Member::on_view(const wire::ViewUpdate& update) {
  impl_->on_view(update);
}
void Member::on_hand_over(const wire::HandOver& order) {
  impl_->on_hand_over(order);
}
void Member::on_take_snapshot(wire::TakeSnapshot order) {
  impl_->on_take_snapshot(std::move(order));
}
void Member::fill(wire::StatusReport& report) const {
  impl_->fill(report);
}
const Incarnation& Member::incarnation() const {
  return impl_->incarnation();
}
rt::Address Member::address() const {
  return impl_->address();
}
Result<Lsn> Member::append(std::string payload) {
  return impl_->append(std::move(payload));
}
void Member::more_to_come(bool soon) {
  impl_->more_to_come(soon);
}
bool Member::serving() const {
  return impl_->serving();
}
bool Member::readable() const {
  return impl_->readable();
}
Lsn Member::commit_point() const {
  return impl_->commit_point();
}
GroupStatus Member::status() const {
  return impl_->status();
}

}  // namespace multiaz::replication
