// RecordSender: the driver's links. It sends messages, records and snapshots to other members.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "replication/member/shared.h"
#include "replication/member/snapshot_maker.h"

namespace multiaz::replication {

class RecordSender : public LinkPort {
 public:
  RecordSender(Shared& shared, SnapshotMaker::OnEvent on_event)
      : shared_(shared), on_event_(std::move(on_event)) {}

  void send(const NodeId& to, const Message& message) override;
  void send_records(const SendRecords& what) override;
  void send_snapshot(const SendSnapshot& what) override;
  void flush() override { shared_.links->flush(); }

  void link_changed(const NodeId& peer) { waiting_for_room_.erase(peer); }
  void link_has_room(const NodeId& peer);
  // Followers behind the snapshots that were sent to them need the log after this.
  Lsn needed_by_transfers();

 private:
  void send_batch(const SendRecords& what, uint64_t prev_hash,
                  const std::vector<const Record*>& records);
  rt::Task<void> send_from_files(SendRecords what);
  void sent(const SendRecords& what, Lsn last, uint64_t bytes);

  Shared& shared_;
  SnapshotMaker::OnEvent on_event_;
  std::map<NodeId, std::deque<RecordsSent>> waiting_for_room_;
  std::map<NodeId, Lsn> transfers_;  // snapshots that were sent and that are not caught up with yet
};

}  // namespace multiaz::replication
