// SnapshotReceiver: a snapshot on its way to this member, piece by piece, until the core has taken
// or refused it.
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
  // What the core has taken. REQUIRES: it wants it installed, by this mark.
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
