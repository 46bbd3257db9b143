// The links between members, and whether clients reach a member: connections and their faults.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "replication/sim/node.h"
#include "replication/sim/pipe.h"

namespace multiaz::replication::sim {

class Network {
 public:
  explicit Network(World& world) : world_(world) {}
  void start();

  void connect_all();  // where both processes run and neither direction is cut
  void send(uint32_t from, const NodeId& to, Message message, uint64_t session,
            std::shared_ptr<const Values> state);
  Incarnation session_life(uint64_t session, uint32_t member) const;
  void process_ended(uint32_t member);

  // Faults; to inject one twice is no error.
  void cut(uint32_t from, uint32_t to, bool on);  // one direction; holds the messages in flight
  void cut_clients(uint32_t member, bool on) { client_cut_[member] = on; }
  void reset_link(uint32_t a, uint32_t b);
  void slow_link(uint32_t from, uint32_t to, Nanos extra);
  void heal(uint32_t member);  // what it sends, and its clients
  bool reachable_by_clients(uint32_t member) const { return !client_cut_[member]; }
  void digest(Digest& out) const;

 private:
  struct Session {
    uint64_t id = 0;  // 0: not connected
    Incarnation low, high;
  };
  using Link = Pipe<LinkItem>;

  void connect(uint32_t a, uint32_t b);
  Link& link(uint32_t from, uint32_t to) { return *links_[from * kMembersMax + to]; }

  World& world_;
  std::array<bool, kMembersMax> client_cut_{};
  std::vector<std::unique_ptr<Link>> links_;
  std::map<std::pair<uint32_t, uint32_t>, Session> sessions_;  // by (low, high)
  uint64_t last_session_ = 0;
};

}  // namespace multiaz::replication::sim
