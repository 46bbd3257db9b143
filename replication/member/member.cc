#include "replication/member.h"

#include <fmt/format.h>

#include <utility>

#include "base/core/check.h"
#include "base/faults/inner_faults.h"
#include "base/wire/control.h"
#include "replication/member/address_book.h"
#include "replication/member/copy_maker.h"
#include "replication/member/log_disk.h"
#include "replication/member/machine_keeper.h"
#include "replication/member/record_sender.h"
#include "replication/member/reporter.h"
#include "replication/member/shared.h"
#include "replication/member/snapshot_maker.h"
#include "replication/member/snapshot_receiver.h"
#include "replication/member/status.h"
#include "replication/member/turns.h"
#include "replication/wire_view.h"

namespace multiaz::replication {

namespace {

constexpr uint64_t kInUseMs = 1000;  // clients write if the last append is not older

}  // namespace

// Wires the parts together, runs the turns of the loop and takes the messages of links.
class Member::Impl : private LinkUser, private Clock {
 public:
  Impl(MemberConfig config, StateMachine& machine, MemberHooks hooks);
  ~Impl() override;

  Status open();
  rt::Task<Status> run(rt::Stop& stop);
  void on_view(const wire::ViewUpdate& update);
  void on_hand_over(const wire::HandOver& order);
  Result<Lsn> append(std::string payload);
  void more_to_come(bool soon);
  const Shared& shared() const { return shared_; }
  CopyMaker& copies() { return copies_; }

 private:
  // LinkUser
  void link_up(const MemberRef& peer, Launch launch) override;
  void link_down(const NodeId& peer) override;
  void link_message(const NodeId& peer, Message message) override;
  void link_room(const NodeId& peer) override { sender_.link_has_room(peer); }
  void link_refused(const std::string& text) override { reporter_.event("link-refused", text); }
  bool in_use() const override;

  // Clock
  Nanos now() const override { return monotonic_now(); }
  void wake() override { turns_.wake(); }

  Result<Lsn> open_state();
  Status set_damage_aside(const std::string& what);
  Status open_links();
  void make_driver();
  void link_with_peers();
  void on_tick();

  Shared shared_;
  Turns turns_;
  Reporter reporter_;
  AddressBook addresses_;
  RecordSender sender_;
  SnapshotMaker snapshots_;
  CopyMaker copies_;
  SnapshotReceiver receiver_;
  MachineKeeper keeper_;
  LogDisk disk_;
  std::unique_ptr<rt::Timer> ticker_, hold_timer_;  // set while it runs
  uint64_t ticks_ = 0;
  Nanos last_append_at_ = 0;
};

Member::Impl::Impl(MemberConfig config, StateMachine& machine, MemberHooks hooks)
    : shared_{std::move(config), machine, std::move(hooks), nullptr, nullptr, nullptr, nullptr, {}},
      turns_([this] {
        if (shared_.driver) shared_.driver->pump();
      }),
      reporter_(shared_, [this] { turns_.end(); }),
      sender_(shared_, [this](std::string kind, std::string text) { reporter_.event(kind, text); }),
      snapshots_(
          shared_, [this](std::string kind, std::string text) { reporter_.event(kind, text); },
          [this] { return sender_.needed_by_transfers(); }),
      copies_(shared_),
      receiver_(shared_),
      keeper_(shared_, receiver_, snapshots_,
              [this](std::string kind, std::string text) { reporter_.event(kind, text); }),
      disk_(shared_, addresses_, snapshots_) {}

Member::Impl::~Impl() {
  CHECK_NOTE(!hold_timer_, "a Member was destroyed while it runs");
}

// --- opening ---

Status Member::Impl::open() {
  const MemberConfig& config = shared_.config;
  const auto key = wire::membership_proof(config.key_hex, "key", "a", "b", config.id.raw);
  if (!key) return key.error();
  Result<Lsn> state = open_state();
  if (!state && state.error().code == Code::kCorrupt && config.set_damage_aside) {
    if (Status moved = set_damage_aside(state.error().detail); !moved) return moved;
    state = open_state();
  }
  if (!state) return state.error();
  if (Status done = open_links(); !done) return done;
  make_driver();
  const Log& log = *shared_.log;
  addresses_.load(log.meta().addresses);
  Start start;
  start.view = log.meta().view;
  start.base = log.base();
  start.tail = log.tail();
  start.durable = log.tail().lsn;
  start.applied = *state;
  shared_.driver->start(std::move(start));
  link_with_peers();
  return Status();
}

Result<Lsn> Member::Impl::open_state() {
  MemberConfig& config = shared_.config;
  if (config.data_dir.empty() && config.durability != Durability::kAsync) {
    config.durability = Durability::kMemory;
  }
  shared_.wakeup = std::make_unique<rt::Wakeup>([this] { wake(); });
  if (Status done = disk_.open(); !done) return done.error();
  const std::string& repaired = shared_.log->at_open().repaired;
  if (!repaired.empty()) reporter_.event("log-repaired", repaired);
  return keeper_.restore();
}

Status Member::Impl::set_damage_aside(const std::string& what) {
  shared_.log.reset();
  const std::string& folder = shared_.config.data_dir;
  Storage& storage = shared_.config.storage ? *shared_.config.storage : faulty_storage();
  const std::string aside = fmt::format("{}.damaged-{}", folder, wall_now_ms());
  if (Status done = storage.rename(folder, aside); !done) return done;
  reporter_.event("storage-damaged",
                  fmt::format("{}: set aside as {}, starting empty", what, aside));
  return shared_.machine.install(Lsn())->finish();
}

Status Member::Impl::open_links() {
  const MemberConfig& config = shared_.config;
  auto listener = rt::Listener::bind(config.address);
  if (!listener) return listener.error();
  LinkIdentity identity;
  identity.cluster = config.cluster;
  identity.group = config.group;
  identity.key_hex = config.key_hex;
  identity.self.id = config.id;
  identity.self.incarnation = shared_.log->meta().incarnation;
  identity.launch = config.launch;
  LinkUser& user = *this;
  shared_.links = std::make_unique<Links>(std::move(identity), std::move(*listener), user);
  return Status();
}

void Member::Impl::make_driver() {
  const MemberConfig& from = shared_.config;
  Config config;
  config.self.id = from.id;
  config.self.incarnation = shared_.log->meta().incarnation;
  config.launch = from.launch;
  config.durability = from.durability;
  config.min_in_sync = from.min_in_sync;
  config.timings = from.timings;
  config.bug = from.bug;
  shared_.driver = std::make_unique<Driver>(
      std::move(config), Ports{disk_, sender_, keeper_, reporter_, *this, nullptr});
}

// Links with every member that the newest view names and whose address is known.
void Member::Impl::link_with_peers() {
  shared_.links->set_peers(addresses_.peers(shared_.driver->core().view(), shared_.config.id));
}

// --- running ---

rt::Task<Status> Member::Impl::run(rt::Stop& stop) {
  ticker_ = std::make_unique<rt::Timer>([this] { on_tick(); });
  ticker_->start(kTickMs, kTickMs);
  hold_timer_ = std::make_unique<rt::Timer>([this] { shared_.driver->more_to_come(false); });
  reporter_.daemon_listens();
  const rt::Stop::Ticket ticket = stop.add([this] { turns_.end(); });
  shared_.nursery.spawn("replication links", shared_.links->run());
  wake();
  while (!stop.requested() && !shared_.failed()) co_await turns_.over();
  stop.remove(ticket);
  shared_.driver->retire();
  ticker_.reset();
  shared_.links->stop();
  shared_.nursery.stop();
  co_await shared_.nursery.join();
  hold_timer_.reset();
  if (shared_.failed()) co_return Error(Code::kIo, *shared_.driver->failure());
  co_return Status();
}

void Member::Impl::on_tick() {
  shared_.driver->feed(Tick());
  snapshots_.tick();
  copies_.tick();
  if (++ticks_ % (kLinksTickMs / kTickMs) != 0) return;
  shared_.links->tick();
  snapshots_.consider();
}

// --- links ---

void Member::Impl::link_up(const MemberRef& peer, Launch launch) {
  sender_.link_changed(peer.id);
  receiver_.link_changed(peer.id);
  shared_.driver->feed(LinkUp{peer, launch});
}

void Member::Impl::link_down(const NodeId& peer) {
  sender_.link_changed(peer);
  receiver_.link_changed(peer);
  shared_.driver->feed(LinkDown{peer});
}

void Member::Impl::link_message(const NodeId& peer, Message message) {
  if (auto* begin = std::get_if<SnapshotBegin>(&message)) return receiver_.take(peer, *begin);
  if (auto* chunk = std::get_if<SnapshotChunk>(&message)) return receiver_.take(peer, *chunk);
  if (auto* end = std::get_if<SnapshotEnd>(&message)) return receiver_.take(peer, *end);
  shared_.driver->feed(Received{peer, std::move(message)});
}

bool Member::Impl::in_use() const {
  return monotonic_now() - last_append_at_ < kInUseMs * kMillisecond;
}

// --- orders, and the daemon's appends ---

void Member::Impl::on_view(const wire::ViewUpdate& update) {
  if (update.group != shared_.config.group) return;
  auto order = from_wire(update);
  if (!order) return reporter_.event("bad-view", order.error().text());
  addresses_.learn(update);
  shared_.driver->feed(std::move(*order));
  link_with_peers();
}

void Member::Impl::on_hand_over(const wire::HandOver& order) {
  if (order.group != shared_.config.group) return;
  shared_.driver->feed(HandOver{NodeId(order.to)});
}

Result<Lsn> Member::Impl::append(std::string payload) {
  fault_point("before_append");
  CHECK(payload.size() <= kRecordBytesMax);
  Result<Lsn> lsn = shared_.driver->append(std::move(payload));
  if (lsn) last_append_at_ = monotonic_now();
  return lsn;
}

// The driver gets one call for each change. The timer ends the wait for an append that was
// announced and does not come.
void Member::Impl::more_to_come(bool soon) {
  if (!hold_timer_ || soon == hold_timer_->active()) return;
  if (soon) {
    hold_timer_->start(kHoldMs);
  } else {
    hold_timer_->stop();
  }
  shared_.driver->more_to_come(soon);
}

// --- the public interface ---

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
  impl_->copies().order(std::move(order));
}
void Member::fill(wire::StatusReport& report) const {
  fill_report(impl_->shared(), report);
}
const Incarnation& Member::incarnation() const {
  return impl_->shared().log->meta().incarnation;
}
rt::Address Member::address() const {
  return impl_->shared().links->address();
}
Result<Lsn> Member::append(std::string payload) {
  return impl_->append(std::move(payload));
}
void Member::more_to_come(bool soon) {
  impl_->more_to_come(soon);
}
bool Member::serving() const {
  return impl_->shared().driver->serving();
}
bool Member::readable() const {
  return impl_->shared().driver->readable();
}
Lsn Member::commit_point() const {
  return impl_->shared().driver->queue().machine_at();
}
GroupStatus Member::status() const {
  return group_status(impl_->shared());
}

}  // namespace multiaz::replication
