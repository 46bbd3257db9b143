// SnapshotReceiver: collects the pieces of a snapshot that is sent to this member, until the core
// has accepted or refused it.
#pragma once

#include <map>
#include <memory>

#include "replication/member/shared.h"

namespace multiaz::replication {

class SnapshotReceiver {
 public:
  explicit SnapshotReceiver(Shared& shared) : shared_(shared) {}

  void take(const NodeId& from, SnapshotBegin& m);
  void take(const NodeId& from, SnapshotChunk& m);
  void take(const NodeId& from, const SnapshotEnd& m);
  void link_changed(const NodeId& peer) { incoming_.erase(peer); }
  // The snapshot that the core has accepted. REQUIRES: the core wants this mark installed.
  std::shared_ptr<StoredSnapshot> accepted(const Mark& mark);

 private:
  struct Incoming {
    Epoch epoch;
    uint64_t round = 0;
    StoredSnapshot snapshot;
    uint64_t bytes = 0;
  };

  Shared& shared_;
  std::map<NodeId, Incoming> incoming_;
  std::shared_ptr<StoredSnapshot> accepted_;
};

}  // namespace multiaz::replication
