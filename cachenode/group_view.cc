#include "cachenode/group_view.h"

namespace multiaz::cachenode {

GroupFacts GroupView::facts() const {
  const replication::GroupStatus status = group_.status();
  GroupFacts facts;
  facts.role = std::string(replication::to_string(status.role));
  facts.epoch = status.epoch;
  facts.tail = status.tail;
  facts.commit = status.commit;
  facts.serving = status.serving;
  facts.lease_left_ms = status.lease_left_ms;
  facts.primary_id = status.primary;
  const auto primary = addresses_.find(status.primary);
  if (primary != addresses_.end()) {
    facts.primary_host = primary->second.ip_text();
    facts.primary_port = primary->second.port;
  }
  for (const replication::PeerStatus& peer : status.peers) {
    ReplicaFacts replica;
    replica.id = peer.id;
    const auto known = addresses_.find(peer.id);
    if (known != addresses_.end()) {
      replica.host = known->second.ip_text();
      replica.port = known->second.port;
    }
    replica.in_sync = peer.in_sync;
    replica.connected = peer.connected;
    replica.acked = peer.acked;
    replica.lag_ms = peer.lag_ms == replication::kLagUnknownMs ? 0 : peer.lag_ms;
    facts.replicas.push_back(std::move(replica));
  }
  return facts;
}

size_t GroupView::replicas_with(Lsn lsn) const {
  size_t count = 0;
  for (const replication::PeerStatus& peer : group_.status().peers) {
    count += peer.connected && peer.acked >= lsn;
  }
  return count;
}

}  // namespace multiaz::cachenode
