#include "replication/member/snapshot_receiver.h"

#include <utility>

#include "base/core/check.h"

namespace multiaz::replication {

namespace {

constexpr uint64_t kReceivedSnapshotBytesMax = 4ull << 30;

}  // namespace

void SnapshotReceiver::take(const NodeId& from, SnapshotBegin& m) {
  Incoming incoming;
  incoming.epoch = m.epoch;
  incoming.round = m.round;
  incoming.snapshot.mark = std::move(m.mark);
  incoming_[from] = std::move(incoming);
}

void SnapshotReceiver::take(const NodeId& from, SnapshotChunk& m) {
  const auto found = incoming_.find(from);
  if (found == incoming_.end()) return;
  Incoming& incoming = found->second;
  incoming.bytes += m.bytes.size();
  const bool fits = m.round == incoming.round && m.index == incoming.snapshot.chunks.size() &&
                    incoming.bytes <= kReceivedSnapshotBytesMax;
  if (fits)
    incoming.snapshot.chunks.push_back(std::move(m.bytes));
  else
    incoming_.erase(found);  // the primary sends Lead again and then another snapshot
}

void SnapshotReceiver::take(const NodeId& from, const SnapshotEnd& m) {
  const auto found = incoming_.find(from);
  if (found == incoming_.end()) return;
  Incoming incoming = std::move(found->second);
  incoming_.erase(found);
  if (m.round != incoming.round || m.chunks != incoming.snapshot.chunks.size()) return;
  SnapshotReceived received;
  received.from = from;
  received.epoch = incoming.epoch;
  received.round = incoming.round;
  received.mark = incoming.snapshot.mark;
  const bool waits = shared_.driver->queue().installs();
  shared_.driver->feed(std::move(received));
  if (waits || !shared_.driver->queue().installs()) return;  // the core has refused it
  accepted_ = std::make_shared<StoredSnapshot>(std::move(incoming.snapshot));
}

std::shared_ptr<StoredSnapshot> SnapshotReceiver::accepted(const Mark& mark) {
  std::shared_ptr<StoredSnapshot> out = std::exchange(accepted_, nullptr);
  CHECK(out && out->mark.lsn == mark.lsn && out->mark.hash == mark.hash);
  return out;
}

}  // namespace multiaz::replication
