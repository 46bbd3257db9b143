// The members' machines: the faults of their processes and disks, and whether a fault may be
// injected without losing the only copy of acknowledged data.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "replication/sim/node.h"

namespace multiaz::replication::sim {

class Instances {
 public:
  explicit Instances(World& world) : world_(world) {}
  void start();
  void boot_all();
  Node& node(uint32_t member) const { return *nodes_[member]; }
  const std::vector<std::unique_ptr<Node>>& all() const { return nodes_; }
  bool gone(uint32_t member) const { return gone_[member]; }  // crashed for good

  // Faults; to inject one twice is no error.
  void crash(uint32_t member, Nanos restart_after);
  void crash_for_good(uint32_t member);
  void power_cut(uint32_t member, Nanos restart_after);
  void empty_restart(uint32_t member, Nanos restart_after);
  void pause(uint32_t member, Nanos duration);
  void heal(uint32_t member);
  void empty_disk(uint32_t member);

  bool may_crash(uint32_t member) const;      // its data is not the only copy (level memory)
  bool may_lose_data(uint32_t member) const;  // another in-sync member has everything
  bool dies_now(uint32_t member);             // fate ends it between two effects
  // Dies_now may end so many when all orders are explored.
  void deaths(uint32_t count) { deaths_left_ = count; }
  void digest(Digest& out) const;

 private:
  void start_later(uint32_t member, Nanos delay);
  bool another_copy(uint32_t member) const;

  World& world_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::array<bool, kMembersMax> gone_{};
  std::array<uint64_t, kMembersMax> lives_{};
  uint32_t deaths_left_ = 0;
};

}  // namespace multiaz::replication::sim
