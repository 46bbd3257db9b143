#include "replication/sim/network.h"

#include <fmt/format.h>

#include <algorithm>

#include "replication/sim/world.h"

namespace multiaz::replication::sim {

void Network::start() {
  links_.resize(kMembersMax * kMembersMax);
  for (uint32_t from = 0; from < world_.size(); ++from) {
    for (uint32_t to = 0; to < world_.size(); ++to) {
      if (from == to) continue;
      links_[from * kMembersMax + to] = std::make_unique<Link>(
          world_.scheduler(), world_.fate().random(), world_.settings().link_delay,
          [this, from, to](LinkItem&& item) { world_.node(to).deliver(from, std::move(item)); });
    }
  }
}

void Network::connect_all() {
  for (uint32_t a = 0; a < world_.size(); ++a)
    for (uint32_t b = a + 1; b < world_.size(); ++b) connect(a, b);
}

// The handshake needs both processes and both directions.
void Network::connect(uint32_t a, uint32_t b) {
  const Node& x = world_.node(a);
  const Node& y = world_.node(b);
  Session& session = sessions_[{a, b}];
  if (session.id != 0 || !x.up() || !y.up() || x.paused() || y.paused()) return;
  if (link(a, b).cut() || link(b, a).cut()) return;
  session = {++last_session_, x.disk_.incarnation, y.disk_.incarnation};
  link(a, b).push({LinkItem::Kind::kUp, session.id, {}, nullptr});
  link(b, a).push({LinkItem::Kind::kUp, session.id, {}, nullptr});
}

Incarnation Network::session_life(uint64_t session, uint32_t member) const {
  for (const auto& [pair, s] : sessions_)
    if (s.id == session) return member == pair.first ? s.low : s.high;
  return Incarnation("gone");
}

void Network::send(uint32_t from, const NodeId& to, Message message, uint64_t session,
                   std::shared_ptr<const Values> state) {
  link(from, world_.index_of(to))
      .push({LinkItem::Kind::kMessage, session, std::move(message), std::move(state)});
}

// The connection breaks: the messages in flight are lost in both directions.
void Network::reset_link(uint32_t a, uint32_t b) {
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
void Network::process_ended(uint32_t member) {
  for (uint32_t peer = 0; peer < world_.size(); ++peer) {
    if (peer == member) continue;
    Session& session = sessions_[{std::min(member, peer), std::max(member, peer)}];
    const uint64_t id = std::exchange(session.id, 0);
    link(peer, member).drop_all();
    Link& out = link(member, peer);
    if (out.cut() || world_.fate().maybe(30)) out.drop_all();
    if (id != 0) out.push({LinkItem::Kind::kDown, id, {}, nullptr});
  }
}

void Network::cut(uint32_t from, uint32_t to, bool on) {
  if (link(from, to).cut() == on) return;
  world_.trace("link", fmt::format("{} -> {} {}", member_name(from), member_name(to),
                                   on ? "cut" : "healed"));
  link(from, to).set_cut(on);
}

void Network::slow_link(uint32_t from, uint32_t to, Nanos extra) {
  link(from, to).set_extra_delay(extra);
}

void Network::heal(uint32_t member) {
  for (uint32_t to = 0; to < world_.size(); ++to) {
    if (member == to) continue;
    cut(member, to, false);
    slow_link(member, to, 0);
  }
  cut_clients(member, false);
}

}  // namespace multiaz::replication::sim
