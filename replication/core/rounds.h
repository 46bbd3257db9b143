// The primary's conversation with each follower: it sends Lead, batches, snapshots and heartbeats,
// and the answers move the follower's transfer and progress.
#pragma once

#include "replication/core/peers.h"

namespace multiaz::replication {

// The pause after an unanswered Lead or an impossible snapshot.
constexpr uint32_t kLeadRetryMs = 200;

class Rounds {
 public:
  Rounds(const Config& config, const MemberRole& role, const Positions& log, Peers& peers,
         Step& step)
      : config_(config), role_(role), log_(log), peers_(peers), step_(step) {}

  void start(Peer& peer);
  void start_all();  // starts a round with every linked peer
  void tick();       // sends what is due to every linked peer
  // Sends the next records or a snapshot, if there is something to send and room for it.
  void pump(Peer& peer);
  void pump_all();

  // False: the ack is of another round, or tells nothing new about the log.
  bool acked(Peer& peer, const Ack& m);
  void granted(Peer& peer, const HeartbeatAck& m);
  void refused(Peer& peer, const Nack& m);
  void records_sent(const RecordsSent& e);
  void snapshot_sent(const SnapshotSent& e);
  void digest(Digest& out) const;

 private:
  void send_lead(Peer& peer);
  void send_heartbeat(Peer& peer);
  void follows(Peer& peer, const Ack& m);

  const Config& config_;
  const MemberRole& role_;
  const Positions& log_;
  Peers& peers_;
  Step& step_;
  uint64_t rounds_ = 0;
  Nanos heartbeat_at_ = 0;
};

}  // namespace multiaz::replication
