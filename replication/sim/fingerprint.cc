// The state of a world for the exhaustive exploration. Times are part of it unchanged, since only
// orders within one instant are explored.
#include "replication/sim/world.h"

namespace multiaz::replication::sim {

uint64_t Node::digest() const {
  Digest out;
  out.add(up(), launch_, disk_.incarnation, disk_.view, disk_.base(), disk_.tail());
  out.add(disk_.written(), disk_.synced(), disk_.mark_at(disk_.tail()), state().size());
  if (!up()) return out.value();
  out.add(driver_->digest());
  loop_.digest(out);
  links_.digest(out);
  machine_.digest(out);
  disk_port_.digest(out);
  return out.value();
}

uint64_t Control::digest() const {
  Digest out;
  out.add(up(), paused_, stored_.size(), describe(latest_), inbox_.size(), unreported_.size());
  if (manager_) out.add(manager_->digest());
  for (const auto& pipe : up_) {
    out.add(pipe->items().size());
    for (const Up& item : pipe->items()) out.add(describe(item.event));
  }
  for (const auto& pipe : down_) {
    out.add(pipe->items().size());
    for (const Down& item : pipe->items()) out.add(describe(item.event));
  }
  return out.value();
}

void Network::digest(Digest& out) const {
  for (const auto& link : links_) {
    if (!link) continue;
    out.add(link->cut(), link->items().size());
    for (const LinkItem& item : link->items())
      out.add(static_cast<uint64_t>(item.kind), item.session, item.message);
  }
  for (const auto& [pair, session] : sessions_) out.add(session.id);
}

void Instances::digest(Digest& out) const {
  out.add(deaths_left_);
  for (const auto& node : nodes_) out.add(node->digest());
}

// Two states that were reached in a different number of steps count as different: a step that
// changes nothing visible must not look like a circle.
uint64_t World::fingerprint() const {
  Digest out;
  out.add(now(), scheduler_.waiting(), scheduler_.done(), scheduler_.chosen(), happened_);
  out.add(control_.digest(), checker_.committed(), checker_.acked(), checker_.floor());
  instances_.digest(out);
  network_.digest(out);
  return out.value();
}

}  // namespace multiaz::replication::sim
