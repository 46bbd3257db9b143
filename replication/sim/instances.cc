#include "replication/sim/instances.h"

#include <fmt/format.h>

#include "replication/sim/world.h"

namespace multiaz::replication::sim {

void Instances::start() {
  for (uint32_t member = 0; member < world_.size(); ++member)
    nodes_.push_back(std::make_unique<Node>(world_, member));
}

void Instances::boot_all() {
  for (auto& node : nodes_) node->boot();
}

void Instances::start_later(uint32_t member, Nanos delay) {
  world_.scheduler().after(delay, [this, member] {
    if (!nodes_[member]->up() && !gone_[member]) nodes_[member]->boot();
  });
}

void Instances::crash(uint32_t member, Nanos restart_after) {
  if (!nodes_[member]->up()) return;
  nodes_[member]->kill();
  start_later(member, restart_after);
}

void Instances::crash_for_good(uint32_t member) {
  gone_[member] = true;
  nodes_[member]->kill();
}

void Instances::power_cut(uint32_t member, Nanos restart_after) {
  nodes_[member]->power_cut();
  start_later(member, restart_after);
}

void Instances::empty_restart(uint32_t member, Nanos restart_after) {
  if (!nodes_[member]->up()) return;
  nodes_[member]->kill();
  empty_disk(member);
  start_later(member, restart_after);
}

void Instances::empty_disk(uint32_t member) {
  const std::string life = fmt::format("{}{}", member_name(member), ++lives_[member] + 1);
  nodes_[member]->disk_.wipe(Incarnation(life));
  world_.checker().disk_emptied(member);
  world_.trace(member_name(member), "its disk is empty: incarnation " + life);
}

void Instances::pause(uint32_t member, Nanos duration) {
  if (!nodes_[member]->up() || nodes_[member]->paused()) return;
  world_.trace(member_name(member), "is stopped");
  nodes_[member]->pause();
  if (duration > 0)
    world_.scheduler().after(duration, [this, member] { nodes_[member]->resume(); });
}

void Instances::heal(uint32_t member) {
  Node& node = *nodes_[member];
  node.disk_port().slow(0);
  if (node.paused()) node.resume();
  if (!node.up() && !gone_[member]) node.boot();
}

// At level memory the end of a process loses its records.
bool Instances::may_crash(uint32_t member) const {
  return world_.settings().durability != Durability::kMemory || may_lose_data(member);
}

// Whether another member really has all that was acknowledged, whatever views say: the newest view
// may count on members that have already ended, which the manager does not know yet.
bool Instances::another_copy(uint32_t member) const {
  for (const auto& node : nodes_) {
    if (node->index_ == member) continue;
    if (world_.settings().durability == Durability::kMemory && !node->up()) continue;
    if (world_.checker().complete(node->disk_)) return true;
  }
  return false;
}

bool Instances::may_lose_data(uint32_t member) const {
  const View& view = world_.control().latest_view();
  if (!another_copy(member)) return false;
  const MemberRef* self = view.in_sync_member(NodeId(member_name(member)));
  if (self == nullptr || self->incarnation != nodes_[member]->disk_.incarnation)
    return view.epoch.raw > 0;
  for (const MemberRef& other : view.in_sync) {
    const Node& node = *nodes_[world_.index_of(other.id)];
    if (node.index_ != member && node.up() && node.disk_.incarnation == other.incarnation)
      return true;
  }
  return false;
}

bool Instances::dies_now(uint32_t member) {
  if (!world_.exploring()) {
    const uint32_t one_in = world_.settings().mid_effect_crash;
    return one_in > 0 && world_.fate().random().below(one_in) == 0 && may_crash(member);
  }
  if (deaths_left_ == 0 || world_.scheduler().choose(2) == 0) return false;
  --deaths_left_;
  return true;
}

}  // namespace multiaz::replication::sim
