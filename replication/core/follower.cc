// The other side: comparing logs with the primary, taking its records, granting its lease.
#include <fmt/format.h>

#include <algorithm>

#include "replication/core/impl.h"

namespace multiaz::replication {

// Whoever speaks from a lower epoch is shown the view it missed (rule 1).
bool Core::Impl::refuse_stale(const Peer& peer, Epoch epoch_of_message) {
  if (epoch_of_message >= epoch()) return false;
  send(peer.ref.id, Reject{view_});
  return true;
}

void Core::Impl::receive(Peer& peer, Lead& m) {
  if (refuse_stale(peer, m.view.epoch) || peer.ref.id != m.view.primary) return;
  if (m.view.epoch > epoch()) adopt(m.view, false, "learned from " + peer.ref.id.raw);
  if (!following()) return;
  primary_heard_at_ = now_;
  if (positioned_ && m.round == round_) return ack_primary(false);  // our answer got lost
  positioned_ = false;
  lead_ = std::move(m);
  reconcile();
}

// Finds the last record that both logs have, drops what lies after it, and says so. The primary's
// log is right: it holds everything that was ever committed.
void Core::Impl::reconcile() {
  if (busy_) return;
  const Lead& lead = *lead_;
  Lsn common = common_point(tail_.history, tail_.lsn, lead.history, lead.tail);
  if (config_.bug == Bug::kTruncateByCommit) common = commit_;
  if (common < lead.base || common < base_) {
    round_ = lead.round;
    lead_.reset();
    if (state_ == State::kSecondary) return diverged("the logs have no common point any more");
    return ack_primary(true);
  }
  if (common < applied_) {
    out_.push_back(
        Notice{"rollback", fmt::format("records {}..{} were applied here and are not in "
                                       "the log of {}: dropped",
                                       common.raw + 1, applied_.raw, view_.primary.raw)});
    applied_ = common;
    out_.push_back(Rollback{common});
  }
  commit_ = std::min(commit_, common);
  if (common < tail_.lsn) {
    trace(fmt::format("truncate {}..{}: not in the log of {}", common.raw + 1, tail_.lsn.raw,
                      view_.primary.raw));
    tail_.lsn = common;
    truncate_history(tail_.history, common);
    durable_ = std::min(durable_, common);
    busy_ = true;
    out_.push_back(TruncateLog{common});
    return;
  }
  const Lsn lead_tail = lead.tail;
  round_ = lead.round;
  lead_.reset();
  positioned_ = true;
  if (config_.bug == Bug::kReadOnLead) read_from_ = Lsn();
  if (read_from_) read_from_ = std::min(*read_from_, lead_tail);  // asynchronous: it may be lost
  ack_primary(false);
}

// An in-sync member must not start over while it counts; it stops, and comes back as a learner.
void Core::Impl::diverged(const std::string& what) {
  out_.push_back(Notice{"diverged", what});
  if (state_ == State::kSecondary) {
    move(State::kFailed, what);
    out_.push_back(Fail{what});
    return;
  }
  positioned_ = false;
  ack_primary(true);
}

void Core::Impl::ack_primary(bool need_snapshot) {
  send(view_.primary, Ack{epoch(), round_, tail_.lsn, durable_, need_snapshot});
}

void Core::Impl::receive(Peer& peer, AppendBatch& m) {
  if (refuse_stale(peer, m.epoch)) return;
  if (!following() || m.epoch != epoch() || peer.ref.id != view_.primary) return;
  if (!positioned_ || m.round != round_ || m.records.empty()) return;
  primary_heard_at_ = now_;
  if (m.prev != tail_.lsn) {
    send(peer.ref.id, Nack{epoch(), round_, next(tail_.lsn)});
    return;
  }
  uint64_t hash = tail_.hash;
  bool good = m.prev_hash == hash && m.prev_epoch == epoch_at(tail_.history, tail_.lsn);
  Lsn lsn = m.prev;
  for (const Record& record : m.records) {
    lsn = next(lsn);
    hash = chain_hash(hash, record.epoch, record.lsn, record.payload);
    good = good && record.lsn == lsn && record.hash == hash && record.epoch <= epoch();
  }
  if (!good)
    return diverged(fmt::format("records {}..{} from {} do not fit the log", m.prev.raw + 1,
                                lsn.raw, peer.ref.id.raw));
  append_log(std::move(m.records));
  if (config_.durability == Durability::kMemory) ack_primary(false);
  learn_commit(m.commit);
}

void Core::Impl::receive(Peer& peer, const Heartbeat& m) {
  const bool stale = m.epoch < epoch();
  if (stale && config_.bug == Bug::kNoFencing) {
    send(peer.ref.id, HeartbeatAck{m.epoch, m.sent_ns, tail_.lsn});
    return;
  }
  if (refuse_stale(peer, m.epoch)) return;
  if (!following() || m.epoch != epoch() || peer.ref.id != view_.primary) return;
  primary_heard_at_ = now_;
  promised_at_ = now_;
  send(peer.ref.id, HeartbeatAck{epoch(), m.sent_ns, tail_.lsn});
  learn_commit(m.commit);
  const bool current = positioned_ && m.current_round == round_;
  if (current && !read_from_) read_from_ = m.commit;
}

void Core::Impl::learn_commit(Lsn commit) {
  if (!positioned_ || busy_) return;
  if (config_.bug == Bug::kApplyUncommitted) commit = tail_.lsn;
  commit_ = std::max(commit_, std::min(commit, tail_.lsn));
  apply_committed();
}

// Only what is durable here is applied: the state must never be ahead of the log.
void Core::Impl::apply_committed() {
  const Lsn upto = std::min(commit_, durable_);
  if (upto <= applied_) return;
  applied_ = upto;
  out_.push_back(ApplyUpTo{upto});
}

void Core::Impl::on(SnapshotReceived& e) {
  if (!following() || busy_ || e.from != view_.primary) return;
  if (e.epoch != epoch() || e.round != round_) return;
  if (positioned_ && e.mark.lsn <= tail_.lsn) return;
  if (state_ == State::kSecondary) return diverged("a snapshot for an in-sync member");
  trace(fmt::format("install snapshot {} from {}", e.mark.lsn.raw, e.from.raw));
  busy_ = true;
  positioned_ = false;
  read_from_.reset();
  installing_ = std::move(e.mark);
  out_.push_back(InstallSnapshot{*installing_});
}

void Core::Impl::on(SnapshotInstalled&) {
  CHECK(busy_ && installing_);
  busy_ = false;
  tail_ = std::move(*installing_);
  installing_.reset();
  base_ = durable_ = commit_ = applied_ = tail_.lsn;
  if (lead_) return reconcile();
  if (leading()) return try_activate();
  if (!following() || round_ == 0) return;
  positioned_ = true;
  ack_primary(false);
}

}  // namespace multiaz::replication
