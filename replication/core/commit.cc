// What a commit and a lease need, and the appends of clients.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "replication/core/impl.h"

namespace multiaz::replication {
namespace {
constexpr Nanos kForever = std::numeric_limits<Nanos>::max();
}

bool Core::Impl::dropped_by_bug(const Peer& peer) const {
  if (config_.bug != Bug::kShrinkWithoutCm) return false;
  return !peer.linked || now_ > peer.heard_at + ms(config_.timings.lease_ms);
}

Nanos Core::Impl::lease_until() const {
  if (!leading()) return 0;
  Nanos until = kForever;
  for_each_required([&](const MemberRef&, const Peer* peer) {
    const bool granted = peer != nullptr && peer->granted > 0;
    until = std::min(until, granted ? peer->granted + ms(config_.timings.lease_ms) : 0);
  });
  return until;
}

bool Core::Impl::may_serve(Nanos now) const {
  if (config_.bug == Bug::kCachedClockLease) now = now_;
  return state_ == State::kPrimary && now < lease_until();
}

Refusal Core::Impl::can_append(Nanos now) const {
  if (state_ != State::kPrimary) return Refusal::kNotPrimary;
  if (!may_serve(now)) return Refusal::kNoLease;
  if (view_.in_sync.size() < config_.min_in_sync) return Refusal::kTooFewInSync;
  if (handing_to_) return Refusal::kHandingOver;
  if (uncommitted_bytes_ >= kUncommittedBytesMax || uncommitted_.size() >= kUncommittedRecordsMax)
    return Refusal::kBacklog;
  return Refusal::kNone;
}

void Core::Impl::on(ClientAppend& e) {
  CHECK(state_ == State::kPrimary && !handing_to_);  // the lease may have run out since the asking
  CHECK(!e.payloads.empty());
  std::vector<Record> records;
  records.reserve(e.payloads.size());
  Lsn lsn = tail_.lsn;
  uint64_t hash = tail_.hash;
  for (std::string& payload : e.payloads) {
    lsn = next(lsn);
    hash = chain_hash(hash, epoch(), lsn, payload);
    uncommitted_.push_back(payload.size());
    uncommitted_bytes_ += payload.size();
    records.push_back(Record{epoch(), lsn, hash, std::move(payload)});
  }
  append_log(std::move(records));
  for (auto& [id, peer] : peers_) pump(peer);
  update_commit();
}

// The commit point is what *all* required members hold, never most of them (rule 2).
void Core::Impl::update_commit() {
  if (state_ != State::kPrimary) return;
  Lsn all = durable_;
  if (config_.bug == Bug::kAckBeforeReplicate) {
    all = tail_.lsn;
  } else if (config_.durability != Durability::kAsync) {
    for_each_required([&](const MemberRef&, const Peer* peer) {
      all = std::min(all, peer == nullptr ? Lsn() : peer->acked);
    });
  }
  if (all <= commit_) return;
  for (uint64_t i = commit_.raw; i < all.raw; ++i) {
    uncommitted_bytes_ -= uncommitted_.front();
    uncommitted_.pop_front();
  }
  commit_ = applied_ = all;
  out_.push_back(CommitPoint{commit_});
  if (handing_to_ && commit_ == tail_.lsn) plan_handover();
}

}  // namespace multiaz::replication
