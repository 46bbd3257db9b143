// The state of a simulated process, which is a list of values, and the clients that wait for it.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "replication/core/digest.h"
#include "replication/driver/ports.h"
#include "replication/sim/disk.h"

namespace multiaz::replication::sim {

class Node;

// The outcomes of a client's request at a member.
enum class Outcome { kOk, kDefinite, kInDoubt };
struct Operation {
  uint64_t id = 0;
  bool write = false;
  bool replica_read = false;
  uint64_t value = 0;  // of a write; unique
};
using Reply = std::function<void(Outcome, Lsn)>;

class NodeMachine : public MachinePort {
 public:
  explicit NodeMachine(Node& node) : node_(node) {}

  Result<Lsn> apply(Lsn from, Lsn to) override;
  void committed(Lsn lsn) override;
  bool rollback(Lsn lsn) override;
  void rebuild(Lsn upto) override;
  void install(const Mark& mark) override;
  void stands_at(Lsn) override {}

  void booted(const Values& state, Lsn read_floor);
  void process_ended();  // its clients are in doubt
  void lost_role();
  void stopped_leading(Lsn acked) { read_floor_ = acked; }  // as a follower it shows at least this
  void snapshot_came(const SnapshotReceived& received, std::shared_ptr<const Values> state);
  void request(const Operation& operation, const Reply& reply);
  const Values& state() const { return state_; }
  void digest(Digest& out) const;

 private:
  struct Waiting {
    Lsn lsn;
    Operation operation;
    Reply reply;
  };
  void read_replica(const Reply& reply);
  void read(const Operation& operation, const Reply& reply);
  void write(const Operation& operation, const Reply& reply);

  Node& node_;
  Values state_;  // as executed, perhaps beyond the commit point
  Lsn read_floor_;
  std::deque<Waiting> waiting_;
  // The state of a received snapshot that the core has accepted.
  std::shared_ptr<const Values> installing_;
};

}  // namespace multiaz::replication::sim
