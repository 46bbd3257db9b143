// A member that leads: it is promoted or renewed, activates, commits.
#include "replication/core/leadership.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "replication/core/digest.h"

namespace multiaz::replication {

void Leadership::lead(const View& old, bool fenced, const std::string& reason) {
  fenced_ = fenced || (role_.leading() && fenced_);
  if (role_.leading())
    renew(old, reason);
  else
    promote(reason);
}

void Leadership::fence() {
  if (fenced_ || role_.state() != State::kActivating) return;
  step_.trace("fenced: no former primary can serve");
  fenced_ = true;
  try_activate();
}

void Leadership::end() {
  backlog_.clear();
}

void Leadership::promote(const std::string& reason) {
  membership_.promoted();
  had_lease_ = false;
  peers_.start_over();
  role_.move(State::kActivating, reason);
  rounds_.start_all();
  try_activate();
}

// This process is primary before and after. What followers acknowledged in the old epoch stays
// true: only this process could have made them drop it. So nothing pauses, unless a member counts
// now that did not count before.
void Leadership::renew(const View& old, const std::string& reason) {
  const bool proven = peers_.counted_before(old);
  membership_.renewed();
  if (role_.primary() && !proven) {
    backlog_.clear();
    role_.move(State::kActivating, reason);
    if (log_.tail() > log_.commit()) step_.emit(Rollback{log_.commit()});
  } else {
    role_.move(role_.state(), reason);
  }
  rounds_.start_all();
  update_commit();
  try_activate();
}

// Whether every lease that this member helped to give has run out (or is proven void).
bool Leadership::grace_is_over() const {
  return fenced_ || follower_.promise_over() || config_.bug == Bug::kNoFencing;
}

// The new primary serves once no former one can, every in-sync member has its whole log, and it
// holds a lease of its own. Then it commits the suffix that it inherited.
void Leadership::try_activate() {
  if (role_.state() != State::kActivating || log_.changing() || !grace_is_over()) return;
  if (log_.durable() < log_.tail() || step_.now() >= peers_.lease_until()) return;
  if (!peers_.required_have(log_.tail()) && config_.bug != Bug::kServeTooEarly) return;
  log_.commit_tail();
  had_lease_ = true;
  role_.move(State::kPrimary,
             fmt::format("every in-sync member has the log up to {}", log_.tail().raw));
}

void Leadership::tick() {
  rounds_.tick();
  const bool lease = step_.now() < peers_.lease_until();
  if (role_.primary() && lease != had_lease_) {
    step_.trace(lease ? "lease held again" : "lease lost: reads and appends are refused");
    had_lease_ = lease;
  }
  try_activate();
  plan_requests();
}

void Leadership::plan_requests() {
  membership_.ask_removals();
  if (!role_.primary()) return;
  membership_.plan_handover();
  for (auto& [id, peer] : peers_.all()) plan_join(peer);
}

void Leadership::plan_join(Peer& peer) {
  if (!membership_.plan_join(peer)) update_commit();
}

bool Leadership::may_serve(Nanos now) const {
  if (config_.bug == Bug::kCachedClockLease) now = step_.now();
  return role_.primary() && now < peers_.lease_until();
}

Refusal Leadership::can_append(Nanos now) const {
  if (!role_.primary()) return Refusal::kNotPrimary;
  if (!may_serve(now)) return Refusal::kNoLease;
  if (role_.view().in_sync.size() < config_.min_in_sync) return Refusal::kTooFewInSync;
  if (membership_.handing_over()) return Refusal::kHandingOver;
  return backlog_.full() ? Refusal::kBacklog : Refusal::kNone;
}

void Leadership::append(ClientAppend& e) {
  // The lease may have run out since can_append was asked.
  CHECK(role_.primary() && !membership_.handing_over());
  CHECK(!e.payloads.empty());
  std::vector<Record> records;
  records.reserve(e.payloads.size());
  Lsn lsn = log_.tail();
  uint64_t hash = log_.mark().hash;
  for (std::string& payload : e.payloads) {
    lsn = next(lsn);
    hash = chain_hash(hash, role_.epoch(), lsn, payload);
    backlog_.add(payload.size());
    records.push_back(Record{role_.epoch(), lsn, hash, std::move(payload)});
  }
  log_.append(std::move(records));
  rounds_.pump_all();
  update_commit();
}

// The commit point is what *all* required members hold, never a majority of them (rule 2).
void Leadership::update_commit() {
  if (!role_.primary()) return;
  Lsn all = log_.durable();
  if (config_.bug == Bug::kAckBeforeReplicate)
    all = log_.tail();
  else if (config_.durability != Durability::kAsync)
    all = peers_.acked_by_required(all);
  if (all <= log_.commit()) return;
  backlog_.committed(all.raw - log_.commit().raw);
  log_.commit_executed(all);
  if (log_.commit() == log_.tail()) membership_.plan_handover();
}

void Leadership::check() const {
  if (!role_.primary()) CHECK(backlog_.records() == 0);
  CHECK(backlog_.records() <= log_.tail().raw - log_.commit().raw);
}

void Leadership::digest(Digest& out) const {
  out.add(fenced_, had_lease_, backlog_.records(), backlog_.bytes());
}

}  // namespace multiaz::replication
