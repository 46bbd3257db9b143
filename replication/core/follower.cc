#include "replication/core/follower.h"

#include <fmt/format.h>

#include <algorithm>

#include "replication/core/digest.h"

namespace multiaz::replication {

void Follower::new_view() {
  lead_.reset();
  round_ = 0;
  positioned_ = false;
}

// Other members have gone on since this member led, perhaps for long (it may have stood still), so
// readers wait until it has what the next primary has.
void Follower::begin(bool led) {
  primary_heard_at_ = step_.now();
  if (led) read_from_.reset();
}

void Follower::promise() {
  promised_at_ = step_.now();
}

bool Follower::promise_over() const {
  return !promised_at_ || step_.now() >= *promised_at_ + ms(config_.timings.grace_ms);
}

// A peer that speaks from a lower epoch gets the view that it missed (rule 1).
bool Follower::refuse_stale(const NodeId& from, Epoch epoch) {
  if (epoch >= role_.epoch()) return false;
  step_.send(from, Reject{role_.view()});
  return true;
}

bool Follower::of_primary(const NodeId& from, Epoch epoch) const {
  return role_.following() && epoch == role_.epoch() && from == role_.view().primary;
}

void Follower::receive(const NodeId& from, Lead& m) {
  if (refuse_stale(from, m.view.epoch)) return;
  if (!role_.following() || from != m.view.primary) return;
  primary_heard_at_ = step_.now();
  if (positioned_ && m.round == round_) return ack(false);  // this member's answer got lost
  positioned_ = false;
  lead_ = std::move(m);
  reconcile();
}

// Finds the last record that both logs have, drops the records after it, and acks. The primary's
// log is right: it holds everything that was ever committed.
void Follower::reconcile() {
  if (log_.changing()) return;
  const Lead& lead = *lead_;
  Lsn common = common_point(log_.mark().history, log_.tail(), lead.history, lead.tail);
  if (config_.bug == Bug::kTruncateByCommit) common = log_.commit();
  if (common < lead.base || common < log_.base()) return no_common_point(lead);
  if (common < log_.applied())
    step_.emit(Notice{"rollback",
                      fmt::format("records {}..{} were applied here and are not in "
                                  "the log of {}: dropped",
                                  common.raw + 1, log_.applied().raw, role_.view().primary.raw)});
  log_.roll_back_to(common);
  if (common < log_.tail()) {
    step_.trace(fmt::format("truncate {}..{}: not in the log of {}", common.raw + 1,
                            log_.tail().raw, role_.view().primary.raw));
    return log_.truncate_after(common);
  }
  const Lsn lead_tail = lead.tail;
  round_ = lead.round;
  lead_.reset();
  positioned_ = true;
  if (config_.bug == Bug::kReadOnLead) read_from_ = Lsn();
  // Asynchronous: acknowledged records may be lost.
  if (read_from_) read_from_ = std::min(*read_from_, lead_tail);
  ack(false);
}

void Follower::no_common_point(const Lead& lead) {
  round_ = lead.round;
  lead_.reset();
  if (role_.state() == State::kSecondary) return diverged("the logs have no common point any more");
  ack(true);
}

// An in-sync member must not start over while it counts: it stops, and comes back as a learner.
void Follower::diverged(const std::string& what) {
  step_.emit(Notice{"diverged", what});
  if (role_.state() == State::kSecondary) return role_.fail(what);
  positioned_ = false;
  ack(true);
}

void Follower::ack(bool need_snapshot) {
  step_.send(role_.view().primary,
             Ack{role_.epoch(), round_, log_.tail(), log_.durable(), need_snapshot});
}

void Follower::receive(const NodeId& from, AppendBatch& m) {
  if (refuse_stale(from, m.epoch) || !of_primary(from, m.epoch)) return;
  if (!positioned_ || m.round != round_ || m.records.empty()) return;
  primary_heard_at_ = step_.now();
  if (m.prev != log_.tail())
    return step_.send(from, Nack{role_.epoch(), round_, next(log_.tail())});
  if (!fits(m))
    return diverged(fmt::format("records {}..{} from {} do not fit the log", m.prev.raw + 1,
                                m.prev.raw + m.records.size(), from.raw));
  log_.append(std::move(m.records));
  if (config_.durability == Durability::kMemory) ack(false);
  learn_commit(m.commit);
}

bool Follower::fits(const AppendBatch& m) const {
  Lsn lsn = m.prev;
  uint64_t hash = log_.mark().hash;
  bool good = m.prev_hash == hash && m.prev_epoch == log_.epoch_of(log_.tail());
  for (const Record& record : m.records) {
    lsn = next(lsn);
    hash = chain_hash(hash, record.epoch, record.lsn, record.payload);
    good = good && record.lsn == lsn && record.hash == hash && record.epoch <= role_.epoch();
  }
  return good;
}

void Follower::receive(const NodeId& from, const Heartbeat& m) {
  const bool stale = m.epoch < role_.epoch();
  if (stale && config_.bug == Bug::kNoFencing)
    return step_.send(from, HeartbeatAck{m.epoch, m.sent_ns, log_.tail()});
  if (refuse_stale(from, m.epoch) || !of_primary(from, m.epoch)) return;
  primary_heard_at_ = step_.now();
  promise();
  step_.send(from, HeartbeatAck{role_.epoch(), m.sent_ns, log_.tail()});
  learn_commit(m.commit);
  const bool current = positioned_ && m.current_round == round_;
  if (current && !read_from_) read_from_ = m.commit;
}

void Follower::learn_commit(Lsn commit) {
  if (!positioned_ || log_.changing()) return;
  log_.learn_commit(config_.bug == Bug::kApplyUncommitted ? log_.tail() : commit);
  log_.apply_committed();
}

void Follower::level_reached() {
  if (positioned_ && !log_.changing()) ack(false);
  log_.apply_committed();
}

void Follower::truncated() {
  if (lead_) reconcile();
}

void Follower::snapshot_received(SnapshotReceived& e) {
  if (!of_primary(e.from, e.epoch) || log_.changing() || e.round != round_) return;
  if (positioned_ && e.mark.lsn <= log_.tail()) return;
  if (role_.state() == State::kSecondary) return diverged("a snapshot for an in-sync member");
  step_.trace(fmt::format("install snapshot {} from {}", e.mark.lsn.raw, e.from.raw));
  positioned_ = false;
  read_from_.reset();
  log_.install(std::move(e.mark));
}

void Follower::snapshot_installed() {
  if (lead_) return reconcile();
  if (!role_.following() || round_ == 0) return;
  positioned_ = true;
  ack(false);
}

void Follower::digest(Digest& out) const {
  out.add(positioned_, read_from_, round_, promised_at_, primary_heard_at_);
  if (lead_) out.add(Message(*lead_));
}

}  // namespace multiaz::replication
