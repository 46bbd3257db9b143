// Records and snapshots on their way to and from other members.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "base/core/log.h"
#include "base/rt/sync.h"
#include "replication/codec.h"
#include "replication/member_impl.h"

namespace multiaz::replication {

// --- what links say ---

void Member::Impl::link_up(const MemberRef& peer, Launch launch) {
  waiting_for_room_.erase(peer.id);
  incoming_.erase(peer.id);
  LinkUp up;
  up.peer = peer;
  up.launch = launch;
  feed(std::move(up));
}

void Member::Impl::link_down(const NodeId& peer) {
  waiting_for_room_.erase(peer);
  incoming_.erase(peer);
  LinkDown down;
  down.peer = peer;
  feed(std::move(down));
}

void Member::Impl::link_refused(const std::string& text) {
  event("link-refused", text);
}

bool Member::Impl::in_use() const {
  return monotonic_now() - last_append_at_ < kInUseMs * kMillisecond;
}

void Member::Impl::link_message(const NodeId& peer, Message message) {
  if (auto* begin = std::get_if<SnapshotBegin>(&message)) return take(peer, *begin);
  if (auto* chunk = std::get_if<SnapshotChunk>(&message)) return take(peer, *chunk);
  if (auto* end = std::get_if<SnapshotEnd>(&message)) return take(peer, *end);
  Received received;
  received.from = peer;
  received.message = std::move(message);
  feed(std::move(received));
}

void Member::Impl::link_room(const NodeId& peer) {
  const auto found = waiting_for_room_.find(peer);
  if (found == waiting_for_room_.end()) return;
  for (RecordsSent& sent : found->second) answer(std::move(sent));
  waiting_for_room_.erase(found);
  schedule();
}

// --- records ---

void Member::Impl::carry_out(SendRecords& e) {
  if (!links_->linked(e.to) || e.first <= log_->oldest() || e.first > log_->tail().lsn) {
    return records_sent(e, Lsn(e.first.raw - 1), 0);
  }
  if (!log_->recent(e.first)) {
    nursery_.spawn("read records for " + e.to.raw, send_from_files(e));
    return;
  }
  const Lsn prev(e.first.raw - 1);
  const auto prev_hash = log_->hash_at(prev);
  if (!prev_hash) return log_failed(prev_hash.error().text());
  AppendBatch head;
  head.epoch = e.epoch;
  head.round = e.round;
  head.prev = prev;
  head.prev_epoch = epoch_at(log_->tail().history, prev);
  head.prev_hash = *prev_hash;
  head.commit = e.commit;
  std::vector<RecordRef> records;
  uint64_t bytes = 0;
  for (Lsn lsn = e.first; lsn <= std::min(e.last, log_->tail().lsn); lsn = next(lsn)) {
    const Record& record = *log_->recent(lsn);
    if (!records.empty() && bytes + record.payload.size() > kBatchBytesMax) break;
    if (records.size() == kRecordsInBatchMax) break;
    bytes += record.payload.size();
    RecordRef ref;
    ref.epoch = record.epoch;
    ref.lsn = record.lsn;
    ref.hash = record.hash;
    ref.payload = record.payload;
    records.push_back(ref);
  }
  links_->send(e.to, encode_batch(head, records));
  records_sent(e, records.back().lsn, bytes);
}

// The answer is the back-pressure: it waits until the link has room again.
void Member::Impl::records_sent(const SendRecords& e, Lsn last, uint64_t bytes) {
  RecordsSent sent;
  sent.to = e.to;
  sent.round = e.round;
  sent.last = last;
  sent.bytes = bytes;
  if (links_->has_room(e.to))
    answer(std::move(sent));
  else
    waiting_for_room_[e.to].push_back(std::move(sent));
  schedule();
}

// A follower far behind reads old records from the files: not on the loop.
rt::Task<void> Member::Impl::send_from_files(SendRecords e) {
  const uint64_t serial = links_->serial(e.to);
  const auto read = log_->read_job(e.first, e.last, kBatchBytesMax);
  std::optional<Result<LogSlice>> slice;
  const std::function<void()> job = [&read, &slice] { slice.emplace(read()); };
  co_await rt::offload(job);
  if (failure_) co_return;
  if (!slice->ok()) {
    log_failed(slice->error().text());
    co_return;
  }
  if (links_->serial(e.to) == serial) send_slice(e, **slice);
}

void Member::Impl::send_slice(const SendRecords& e, const LogSlice& slice) {
  AppendBatch head;
  head.epoch = e.epoch;
  head.round = e.round;
  head.prev = Lsn(e.first.raw - 1);
  head.prev_epoch = epoch_at(log_->tail().history, head.prev);
  head.prev_hash = slice.prev_hash;
  head.commit = e.commit;
  std::vector<RecordRef> records;
  uint64_t bytes = 0;
  for (const Record& record : slice.records) {
    if (records.size() == kRecordsInBatchMax) break;
    bytes += record.payload.size();
    RecordRef ref;
    ref.epoch = record.epoch;
    ref.lsn = record.lsn;
    ref.hash = record.hash;
    ref.payload = record.payload;
    records.push_back(ref);
  }
  links_->send(e.to, encode_batch(head, records));
  records_sent(e, records.back().lsn, bytes);
}

// --- snapshots ---

namespace {

// What goes over the link: begin, a chunk for each piece of the source, the end.
class SnapshotMessages {
 public:
  SnapshotMessages(SnapshotBegin begin, std::unique_ptr<SnapshotSource> source)
      : begin_(std::move(begin)), source_(std::move(source)) {}

  // Nothing: all was given, or the source has failed.
  std::optional<std::string> next() {
    if (!begun_) {
      begun_ = true;
      return encode(begin_);
    }
    if (over_) return std::nullopt;
    Result<std::string> piece = source_->next();
    over_ = !piece || piece->empty();
    if (!piece) {
      log::info("a snapshot on its way is given up: " + piece.error().text());
      failed_ = true;
      return std::nullopt;
    }
    if (over_) {
      SnapshotEnd end;
      end.round = begin_.round;
      end.chunks = chunks_;
      return encode(end);
    }
    SnapshotChunk chunk;
    chunk.round = begin_.round;
    chunk.index = chunks_++;
    chunk.bytes = std::move(*piece);
    return encode(chunk);
  }
  bool failed() const { return failed_; }

 private:
  SnapshotBegin begin_;
  std::unique_ptr<SnapshotSource> source_;
  uint32_t chunks_ = 0;
  bool begun_ = false;
  bool over_ = false;
  bool failed_ = false;
};

}  // namespace

void Member::Impl::carry_out(SendSnapshot& e) {
  SnapshotSent sent;
  sent.to = e.to;
  sent.round = e.round;
  auto snapshot = machine_.snapshot();
  auto mark = snapshot ? log_->mark_at(snapshot->lsn) : Result<Mark>(snapshot.error());
  if (!mark) {
    log::debug("no snapshot now: " + mark.error().text());
    return answer(std::move(sent));
  }
  CHECK(snapshot->lsn <= machine_at_);
  sent.lsn = snapshot->lsn;
  event("snapshot-sent", fmt::format("state at {} goes to {}", sent.lsn.raw, e.to.raw));
  SnapshotBegin begin;
  begin.epoch = e.epoch;
  begin.round = e.round;
  begin.mark = std::move(*mark);
  const auto messages =
      std::make_shared<SnapshotMessages>(std::move(begin), std::move(snapshot->source));
  transfers_[e.to] = sent.lsn;
  Stream stream;
  stream.next = [messages] { return messages->next(); };
  stream.done = [this, sent, messages](bool ok) mutable {
    sent.ok = ok && !messages->failed();
    if (!sent.ok) transfers_.erase(sent.to);
    answer(sent);
    schedule();
  };
  links_->stream(e.to, std::move(stream));
}

// The log that a follower needs behind its snapshot, until it has got that far.
Lsn Member::Impl::needed_by_transfers() {
  Lsn needed(UINT64_MAX);
  const std::vector<FollowerView> followers = core_->followers();
  for (auto it = transfers_.begin(); it != transfers_.end();) {
    const auto same = [&](const FollowerView& one) { return one.id == it->first; };
    const auto follower = std::find_if(followers.begin(), followers.end(), same);
    const bool over = follower == followers.end() || !follower->linked ||
                      (follower->acked >= it->second && it->second > Lsn());
    if (!over) needed = std::min(needed, it->second);
    it = over ? transfers_.erase(it) : std::next(it);
  }
  return needed;
}

void Member::Impl::take(const NodeId& from, SnapshotBegin& m) {
  Incoming incoming;
  incoming.epoch = m.epoch;
  incoming.round = m.round;
  incoming.snapshot.mark = std::move(m.mark);
  incoming_[from] = std::move(incoming);
}

void Member::Impl::take(const NodeId& from, SnapshotChunk& m) {
  const auto found = incoming_.find(from);
  if (found == incoming_.end()) return;
  Incoming& incoming = found->second;
  incoming.bytes += m.bytes.size();
  const bool fits = m.round == incoming.round && m.index == incoming.snapshot.chunks.size() &&
                    incoming.bytes <= kReceivedSnapshotBytesMax;
  if (fits)
    incoming.snapshot.chunks.push_back(std::move(m.bytes));
  else
    incoming_.erase(found);  // the primary leads again and sends another
}

void Member::Impl::take(const NodeId& from, const SnapshotEnd& m) {
  const auto found = incoming_.find(from);
  if (found == incoming_.end()) return;
  Incoming& incoming = found->second;
  if (m.round != incoming.round || m.chunks != incoming.snapshot.chunks.size()) {
    incoming_.erase(found);
    return;
  }
  StoredSnapshot snapshot = std::move(incoming.snapshot);
  SnapshotReceived received;
  received.from = from;
  received.epoch = incoming.epoch;
  received.round = incoming.round;
  received.mark = snapshot.mark;
  incoming_.erase(found);
  const size_t before = effects_.size();
  feed(std::move(received));
  for (size_t i = before; i < effects_.size(); ++i) {
    if (!std::holds_alternative<InstallSnapshot>(effects_[i])) continue;
    installing_ = std::make_shared<StoredSnapshot>(std::move(snapshot));
    return;
  }
}

// The log first: a crash in between finds the whole snapshot or the old state.
void Member::Impl::carry_out(InstallSnapshot& e) {
  const std::shared_ptr<StoredSnapshot> content = std::exchange(installing_, nullptr);
  CHECK(content && content->mark.lsn == e.mark.lsn && content->mark.hash == e.mark.hash);
  barrier_ = true;
  log_->reset_to(content, [this, content](const Status&) {
    snapshot_bytes_ = content->bytes();
    bytes_since_snapshot_ = 0;
    nursery_.spawn("install a snapshot", install(content));
  });
}

// In slices: links must not fall silent. The pieces go as they are used, unless the log keeps them.
rt::Task<void> Member::Impl::install(std::shared_ptr<StoredSnapshot> content) {
  const Lsn lsn = content->mark.lsn;
  const std::unique_ptr<SnapshotSink> sink = machine_.install(lsn);
  Status done;
  Nanos slice = monotonic_now();
  for (std::string& chunk : content->chunks) {
    done = sink->add(chunk);
    if (!done) break;
    if (log_->in_files()) chunk = std::string();
    if (monotonic_now() < slice + kInstallSliceUs * 1000) continue;
    co_await rt::sleep_ms(kInstallPauseMs);
    if (failure_ || nursery_.stopping().requested()) co_return;
    slice = monotonic_now();
  }
  if (done) done = sink->finish();
  if (!done) {
    give_up("a received snapshot does not fit: " + done.error().text());
    co_return;
  }
  event("snapshot-installed", fmt::format("the state stands at {}", lsn.raw));
  machine_stands_at(lsn);
  apply_to_ = lsn;
  answer(SnapshotInstalled());
  lift_barrier();
}

}  // namespace multiaz::replication
