#include "replication/sim/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace multiaz::replication::sim {
namespace {
constexpr Nanos kReconnect = 20 * kMillisecond;
constexpr Nanos kReport = 100 * kMillisecond;
}  // namespace

World::World(Settings settings)
    : settings_(std::move(settings)),
      random_(settings_.seed),
      checker_(*this),
      control_(*this),
      clients_(*this) {
  CHECK(size() <= kMembersMax);
  settings_.clock_rates.resize(size(), 1000);
  links_.resize(kMembersMax * kMembersMax);
  for (uint32_t from = 0; from < size(); ++from) {
    nodes_.push_back(std::make_unique<Node>(*this, from));
    for (uint32_t to = 0; to < size(); ++to) {
      if (from == to) continue;
      links_[from * kMembersMax + to] = std::make_unique<Link>(
          scheduler_, random_, settings_.link_delay,
          [this, from, to](LinkItem&& item) { nodes_[to]->deliver(from, std::move(item)); });
    }
  }
  checker_.start(size());
  control_.start();
  for (auto& node : nodes_) node->boot();
  every(kTickMs * kMillisecond, [this] {
    for (auto& node : nodes_)
      if (node->up() && !node->paused()) node->deliver(Tick{});
  });
  every(kReport, [this] {
    for (auto& node : nodes_)
      if (node->up() && !node->paused()) node->report();
  });
  every(kReconnect, [this] { connect_all(); });
  if (settings_.trim_chance > 0)
    every(kSecond, [this] {
      for (auto& node : nodes_)
        if (random_.percent(settings_.trim_chance)) node->trim_log();
    });
  clients_.start();
}

void World::every(Nanos period, std::function<void()> action) {
  scheduler_.after(period, [this, period, action = std::move(action)]() mutable {
    action();
    every(period, std::move(action));
  });
}

void World::run_for(Nanos duration) {
  const Nanos end = now() + duration;
  while (!checker_.failed() && scheduler_.run_one(end)) {
  }
}

bool World::run_until(const std::function<bool()>& condition, Nanos limit) {
  const Nanos end = now() + limit;
  while (!condition()) {
    if (checker_.failed() || now() >= end) return false;
    run_for(kMillisecond);
  }
  return true;
}

void World::trace(const std::string& who, const std::string& text) {
  if (settings_.trace)
    trace_ += fmt::format("[{:>6}.{}] {} {}\n", now() / kMillisecond,
                          now() / (kMillisecond / 10) % 10, who, text);
}

// ---- processes

void World::start_later(uint32_t member, Nanos delay) {
  scheduler_.after(delay, [this, member] {
    if (!nodes_[member]->up() && !gone_[member]) nodes_[member]->boot();
  });
}

void World::crash(uint32_t member, Nanos restart_after) {
  if (!nodes_[member]->up()) return;
  nodes_[member]->kill();
  start_later(member, restart_after);
}

void World::crash_for_good(uint32_t member) {
  gone_[member] = true;
  nodes_[member]->kill();
}

void World::power_cut(uint32_t member, Nanos restart_after) {
  nodes_[member]->power_cut();
  start_later(member, restart_after);
}

void World::empty_restart(uint32_t member, Nanos restart_after) {
  if (!nodes_[member]->up()) return;
  nodes_[member]->kill();
  empty_disk(member);
  start_later(member, restart_after);
}

void World::empty_disk(uint32_t member) {
  const std::string life = fmt::format("{}{}", member_name(member), ++lives_[member] + 1);
  nodes_[member]->disk_.wipe(Incarnation(life));
  checker_.disk_emptied(member);
  trace(member_name(member), "its disk is empty: incarnation " + life);
}

void World::pause(uint32_t member, Nanos duration) {
  if (!nodes_[member]->up() || nodes_[member]->paused()) return;
  trace(member_name(member), "is stopped");
  nodes_[member]->pause();
  if (duration > 0) scheduler_.after(duration, [this, member] { nodes_[member]->resume(); });
}

// At level memory a process that ends takes its records with it.
bool World::may_crash(uint32_t member) const {
  return settings_.durability != Durability::kMemory || may_lose_data(member);
}

// Somebody else really has all that was acknowledged, whatever views say: the newest one may count
// on members that are gone already, which the manager has not heard of.
bool World::another_copy(uint32_t member) const {
  for (const auto& node : nodes_) {
    if (node->index_ == member) continue;
    if (settings_.durability == Durability::kMemory && !node->up()) continue;
    if (checker_.complete(node->disk_)) return true;
  }
  return false;
}

bool World::may_lose_data(uint32_t member) const {
  const View& view = control_.latest_view();
  if (!another_copy(member)) return false;
  const MemberRef* self = view.in_sync_member(NodeId(member_name(member)));
  if (self == nullptr || self->incarnation != nodes_[member]->disk_.incarnation)
    return view.epoch.raw > 0;
  for (const MemberRef& other : view.in_sync) {
    const Node& node = *nodes_[index_of(other.id)];
    if (node.index_ != member && node.up() && node.disk_.incarnation == other.incarnation)
      return true;
  }
  return false;
}

// ---- links

void World::connect_all() {
  for (uint32_t a = 0; a < size(); ++a)
    for (uint32_t b = a + 1; b < size(); ++b) connect(a, b);
}

// The handshake needs both processes, and both directions.
void World::connect(uint32_t a, uint32_t b) {
  const Node& x = *nodes_[a];
  const Node& y = *nodes_[b];
  Session& session = sessions_[{a, b}];
  if (session.id != 0 || !x.up() || !y.up() || x.paused() || y.paused()) return;
  if (link(a, b).cut() || link(b, a).cut()) return;
  session = {++last_session_, x.disk_.incarnation, y.disk_.incarnation};
  link(a, b).push({LinkItem::Kind::kUp, session.id, {}, nullptr});
  link(b, a).push({LinkItem::Kind::kUp, session.id, {}, nullptr});
}

Incarnation World::session_life(uint64_t session, uint32_t member) const {
  for (const auto& [pair, s] : sessions_)
    if (s.id == session) return member == pair.first ? s.low : s.high;
  return Incarnation("gone");
}

void World::send(uint32_t from, const NodeId& to, Message message, uint64_t session,
                 std::shared_ptr<const Values> state) {
  link(from, index_of(to))
      .push({LinkItem::Kind::kMessage, session, std::move(message), std::move(state)});
}

// The connection breaks: what is on its way is lost in both directions.
void World::reset_link(uint32_t a, uint32_t b) {
  if (a > b) std::swap(a, b);
  Session& session = sessions_[{a, b}];
  if (session.id == 0) return;
  const uint64_t id = std::exchange(session.id, 0);
  for (Link* way : {&link(a, b), &link(b, a)}) {
    way->drop_all();
    way->push({LinkItem::Kind::kDown, id, {}, nullptr});
  }
}

// The kernel still delivers what a dead process had sent, but a cut link held it in the process.
void World::process_ended(uint32_t member) {
  for (uint32_t peer = 0; peer < size(); ++peer) {
    if (peer == member) continue;
    Session& session = sessions_[{std::min(member, peer), std::max(member, peer)}];
    const uint64_t id = std::exchange(session.id, 0);
    link(peer, member).drop_all();
    Link& out = link(member, peer);
    if (out.cut() || maybe(30)) out.drop_all();
    if (id != 0) out.push({LinkItem::Kind::kDown, id, {}, nullptr});
  }
  control_.process_ended(member);
}

void World::cut(uint32_t from, uint32_t to, bool on) {
  if (link(from, to).cut() == on) return;
  trace("link",
        fmt::format("{} -> {} {}", member_name(from), member_name(to), on ? "cut" : "healed"));
  link(from, to).set_cut(on);
}

void World::slow_link(uint32_t from, uint32_t to, Nanos extra) {
  link(from, to).set_extra_delay(extra);
}

void World::cut_control(uint32_t member, bool up, bool down, bool on) {
  trace("link", fmt::format("control of {}{}{} {}", member_name(member), up ? " up" : "",
                            down ? " down" : "", on ? "cut" : "healed"));
  control_.cut(member, up, down, on);
}

void World::heal() {
  trace("world", "everything heals");
  settings_.mid_effect_crash = 0;
  for (uint32_t from = 0; from < size(); ++from) {
    for (uint32_t to = 0; to < size(); ++to) {
      if (from == to) continue;
      cut(from, to, false);
      slow_link(from, to, 0);
    }
    control_.cut(from, true, true, false);
    client_cut_[from] = false;
    nodes_[from]->disk_port().slow(0);
    if (nodes_[from]->paused()) nodes_[from]->resume();
    if (!nodes_[from]->up() && !gone_[from]) nodes_[from]->boot();
  }
  control_.heal();
}

// ---- all orders

bool World::maybe(uint32_t percent) {
  return exploring() ? scheduler_.choose(2) == 1 : random_.percent(percent);
}

uint64_t World::pick(uint64_t options) {
  return exploring() ? scheduler_.choose(static_cast<uint32_t>(options)) : random_.below(options);
}

bool World::dies_now(uint32_t member) {
  const uint32_t one_in = settings_.mid_effect_crash;
  if (!exploring()) return one_in > 0 && random_.below(one_in) == 0 && may_crash(member);
  if (deaths_left_ == 0 || scheduler_.choose(2) == 0) return false;
  --deaths_left_;
  return true;
}

void World::view_stored() {
  for (auto& action : std::exchange(on_view_, {})) scheduler_.after(0, std::move(action));
}

bool World::serving() const {
  const View& view = control_.latest_view();
  if (view.epoch.raw == 0) return false;
  const Node& primary = *nodes_[index_of(view.primary)];
  return primary.serves() && primary.core().can_append(primary.local_now()) == Refusal::kNone;
}

bool World::settled() const {
  if (!serving() || !control_.up()) return false;
  const View& view = control_.latest_view();
  const Node& primary = *nodes_[index_of(view.primary)];
  uint32_t candidates = 0;
  for (const auto& node : nodes_) {
    if (gone_[node->index_]) continue;
    if (!node->up() || node->paused() || node->core().epoch() != view.epoch) return false;
    if (node->core().applied() != primary.core().tail()) return false;
    if (node->core().tail() != primary.core().tail()) return false;
    if (node->state() != primary.state()) return false;
    if (node->index_ < settings_.candidates) ++candidates;
  }
  return view.in_sync.size() >= candidates;  // a promoted replica may come on top
}

}  // namespace multiaz::replication::sim
