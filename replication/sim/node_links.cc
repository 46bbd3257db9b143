#include "replication/sim/node_links.h"

#include <algorithm>
#include <utility>

#include "replication/sim/node.h"
#include "replication/sim/world.h"

namespace multiaz::replication::sim {

void NodeLinks::receive(uint32_t from, LinkItem& item) {
  World& world = node_.world();
  uint64_t& session = sessions_[from];
  const Node& peer = world.node(from);
  if (item.kind == LinkItem::Kind::kUp) {
    session = item.session;
    const MemberRef ref{peer.id(), world.network().session_life(item.session, from)};
    return node_.driver().feed(LinkUp{ref, peer.launch_});
  }
  if (item.session != session) return;  // it is of a link that was replaced
  if (item.kind == LinkItem::Kind::kDown) {
    session = 0;
    return node_.driver().feed(LinkDown{peer.id()});
  }
  if (const auto* begin = std::get_if<SnapshotBegin>(&item.message)) {
    const SnapshotReceived received{peer.id(), begin->epoch, begin->round, begin->mark};
    return node_.machine().snapshot_came(received, std::move(item.state));
  }
  node_.driver().feed(Received{peer.id(), std::move(item.message)});
}

void NodeLinks::post(const NodeId& to, Message message, std::shared_ptr<const Values> state) {
  const auto session = sessions_.find(node_.world().index_of(to));
  if (session == sessions_.end() || session->second == 0) return;
  outbox_.push_back({to, session->second, std::move(message), std::move(state)});
}

void NodeLinks::flush() {
  for (Sent& sent : std::exchange(outbox_, {})) {
    if (sessions_[node_.world().index_of(sent.to)] != sent.session) continue;
    node_.world().checker().sending(node_.index_, sent.message);
    node_.world().network().send(node_.index_, sent.to, std::move(sent.message), sent.session,
                                 std::move(sent.state));
  }
}

void NodeLinks::send_records(const SendRecords& what) {
  const Disk& disk = node_.disk_;
  if (what.first <= disk.base() || what.first > disk.tail())  // the log changed while this waited
    return node_.driver().answer(RecordsSent{what.to, what.round, Lsn(what.first.raw - 1), 0});
  AppendBatch batch;
  batch.epoch = what.epoch;
  batch.round = what.round;
  batch.prev = Lsn(what.first.raw - 1);
  batch.commit = what.commit;
  const Mark before = disk.mark_at(batch.prev);
  batch.prev_epoch = epoch_at(before.history, batch.prev);
  batch.prev_hash = before.hash;
  const uint32_t limit = node_.world().settings().batch_records_max;
  uint64_t bytes = 0;
  for (Lsn lsn = what.first; lsn <= std::min(what.last, disk.tail()); lsn = next(lsn)) {
    if (batch.records.size() == limit) break;
    batch.records.push_back(disk.record(lsn));
    bytes += disk.record(lsn).payload.size();
  }
  const RecordsSent sent{what.to, what.round, batch.records.back().lsn, bytes};
  post(what.to, std::move(batch), nullptr);
  node_.driver().answer(sent);
}

// A state with uncommitted effects cannot always be copied: then the core asks again.
void NodeLinks::send_snapshot(const SendSnapshot& what) {
  const Lsn lsn = node_.driver().queue().machine_at();
  if (node_.world().fate().maybe(20))
    return node_.driver().answer(SnapshotSent{what.to, what.round, lsn, false});
  node_.world().cover("snapshot sent");
  const Values& now = node_.state();
  auto state = std::make_shared<Values>(now.begin(), now.begin() + static_cast<ptrdiff_t>(lsn.raw));
  post(what.to, SnapshotBegin{what.epoch, what.round, node_.disk_.mark_at(lsn)}, std::move(state));
  node_.driver().answer(SnapshotSent{what.to, what.round, lsn, true});
}

void NodeLinks::process_ended() {
  sessions_.clear();
  outbox_.clear();
}

void NodeLinks::digest(Digest& out) const {
  for (const auto& [peer, session] : sessions_) out.add(peer, session);
  for (const Sent& sent : outbox_) out.add(sent.to, sent.session, sent.message);
}

}  // namespace multiaz::replication::sim
