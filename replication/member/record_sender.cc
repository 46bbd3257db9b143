#include "replication/member/record_sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/core/check.h"
#include "base/core/log.h"
#include "base/rt/sync.h"
#include "replication/codec.h"

namespace multiaz::replication {

namespace {

// The messages of a snapshot on the link: begin, a chunk for each piece of the source, the end.
class SnapshotMessages {
 public:
  SnapshotMessages(SnapshotBegin begin, std::unique_ptr<SnapshotSource> source)
      : begin_(std::move(begin)), source_(std::move(source)) {}

  // Nothing: all messages were given, or the source has failed.
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

void RecordSender::send(const NodeId& to, const Message& message) {
  shared_.links->send(to, encode(message));
}

// --- records ---

void RecordSender::send_records(const SendRecords& what) {
  Log& log = *shared_.log;
  const bool there = what.first > log.oldest() && what.first <= log.tail().lsn;
  if (!there || !shared_.links->linked(what.to)) return sent(what, Lsn(what.first.raw - 1), 0);
  if (!log.recent(what.first)) {
    shared_.nursery.spawn("read records for " + what.to.raw, send_from_files(what));
    return;
  }
  const auto prev_hash = log.hash_at(Lsn(what.first.raw - 1));
  if (!prev_hash) return shared_.driver->log_failed(prev_hash.error().text());
  std::vector<const Record*> records;
  const Lsn last = std::min(what.last, log.tail().lsn);
  uint64_t bytes = 0;
  for (Lsn lsn = what.first; lsn <= last && records.size() < kRecordsInBatchMax; lsn = next(lsn)) {
    const Record* record = log.recent(lsn);
    bytes += record->payload.size();
    if (!records.empty() && bytes > kBatchBytesMax) break;
    records.push_back(record);
  }
  send_batch(what, *prev_hash, records);
}

// A follower far behind needs old records from the files, which are not read on the loop.
rt::Task<void> RecordSender::send_from_files(SendRecords what) {
  const uint64_t serial = shared_.links->serial(what.to);
  const auto read = shared_.log->read_job(what.first, what.last, kBatchBytesMax);
  std::optional<Result<LogSlice>> slice;
  const std::function<void()> job = [&read, &slice] { slice.emplace(read()); };
  co_await rt::offload(job);
  if (shared_.failed()) co_return;
  if (!slice->ok()) {
    shared_.driver->log_failed(slice->error().text());
    co_return;
  }
  if (shared_.links->serial(what.to) != serial) co_return;
  std::vector<const Record*> records;
  for (const Record& record : (*slice)->records) {
    if (records.size() < kRecordsInBatchMax) records.push_back(&record);
  }
  send_batch(what, (*slice)->prev_hash, records);
}

void RecordSender::send_batch(const SendRecords& what, uint64_t prev_hash,
                              const std::vector<const Record*>& records) {
  AppendBatch head;
  head.epoch = what.epoch;
  head.round = what.round;
  head.prev = Lsn(what.first.raw - 1);
  head.prev_epoch = epoch_at(shared_.log->tail().history, head.prev);
  head.prev_hash = prev_hash;
  head.commit = what.commit;
  std::vector<RecordRef> refs;
  refs.reserve(records.size());
  uint64_t bytes = 0;
  for (const Record* record : records) {
    bytes += record->payload.size();
    RecordRef ref;
    ref.epoch = record->epoch;
    ref.lsn = record->lsn;
    ref.hash = record->hash;
    ref.payload = record->payload;
    refs.push_back(ref);
  }
  shared_.links->send(what.to, encode_batch(head, refs));
  sent(what, records.back()->lsn, bytes);
}

// The answer is the back-pressure: it waits until the link has room again.
void RecordSender::sent(const SendRecords& what, Lsn last, uint64_t bytes) {
  RecordsSent answer;
  answer.to = what.to;
  answer.round = what.round;
  answer.last = last;
  answer.bytes = bytes;
  if (shared_.links->has_room(what.to))
    shared_.driver->answer(std::move(answer));
  else
    waiting_for_room_[what.to].push_back(std::move(answer));
}

void RecordSender::link_has_room(const NodeId& peer) {
  const auto found = waiting_for_room_.find(peer);
  if (found == waiting_for_room_.end()) return;
  for (RecordsSent& one : found->second) shared_.driver->answer(std::move(one));
  waiting_for_room_.erase(found);
}

// --- snapshots ---

void RecordSender::send_snapshot(const SendSnapshot& what) {
  SnapshotSent sent;
  sent.to = what.to;
  sent.round = what.round;
  auto snapshot = shared_.machine.snapshot();
  auto mark = snapshot ? shared_.log->mark_at(snapshot->lsn) : Result<Mark>(snapshot.error());
  if (!mark) {
    log::debug("no snapshot now: " + mark.error().text());
    return shared_.driver->answer(std::move(sent));
  }
  CHECK(snapshot->lsn <= shared_.driver->queue().machine_at());
  sent.lsn = snapshot->lsn;
  on_event_("snapshot-sent", fmt::format("state at {} goes to {}", sent.lsn.raw, what.to.raw));
  SnapshotBegin begin;
  begin.epoch = what.epoch;
  begin.round = what.round;
  begin.mark = std::move(*mark);
  const auto messages =
      std::make_shared<SnapshotMessages>(std::move(begin), std::move(snapshot->source));
  transfers_[what.to] = sent.lsn;
  Stream stream;
  stream.next = [messages] { return messages->next(); };
  stream.done = [this, sent, messages](bool ok) mutable {
    sent.ok = ok && !messages->failed();
    if (!sent.ok) transfers_.erase(sent.to);
    shared_.driver->answer(sent);
  };
  shared_.links->stream(what.to, std::move(stream));
}

Lsn RecordSender::needed_by_transfers() {
  Lsn needed(UINT64_MAX);
  const std::vector<FollowerView> followers = shared_.driver->core().followers();
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

}  // namespace multiaz::replication
