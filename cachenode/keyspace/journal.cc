#include "cachenode/keyspace/journal.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/core/check.h"

namespace multiaz::cachenode {

namespace {

bool touches_all(const Change& change) {
  return std::holds_alternative<AllChange>(change);
}

}  // namespace

const Change& Journal::execute(Change change) {
  if (payload_.empty()) payload_.push_back(kRecordVersion);
  encode(change, payload_);
  CHECK_NOTE(keys_.exchange(change), "a command made a change that does not fit");
  const size_t bytes = cachenode::held_bytes(change);
  open_.held_bytes += bytes;
  held_bytes_ += bytes;
  return open_.changes.emplace_back(std::move(change));
}

void Journal::revert(Mark mark) {
  CHECK(mark.changes <= open_.changes.size());
  while (open_.changes.size() > mark.changes) {
    Change& change = open_.changes.back();
    const size_t bytes = cachenode::held_bytes(change);
    open_.held_bytes -= bytes;
    held_bytes_ -= bytes;
    CHECK(keys_.exchange(change));
    open_.changes.pop_back();
  }
  payload_.resize(std::min(payload_.size(), mark.changes == 0 ? 0 : mark.payload_bytes));
}

std::string Journal::take_payload() {
  return std::exchange(payload_, std::string());
}

void Journal::seal(Lsn lsn) {
  payload_.clear();
  open_.lsn = lsn;
  if (lsn <= committed_) {
    held_bytes_ -= open_.held_bytes;
    open_.changes.clear();
    open_.held_bytes = 0;
    return;
  }
  CHECK(sealed_.empty() || sealed_.back().lsn < lsn);
  note_pending(open_);
  sealed_.push_back(std::exchange(open_, Record()));
}

void Journal::note_pending(const Record& record) {
  for (const Change& change : record.changes) {
    if (touches_all(change)) pending_whole_ = record.lsn;
    for_each_key(change,
                 [&](std::string_view key) { pending_.find_or_add(key).value = record.lsn; });
  }
}

void Journal::forget_pending(const Record& record) {
  for (const Change& change : record.changes) {
    for_each_key(change, [&](std::string_view key) {
      const auto* node = pending_.find(key);
      if (node && node->value == record.lsn) pending_.take(key);
    });
  }
}

void Journal::committed(Lsn lsn) {
  committed_ = std::max(committed_, lsn);
  while (!sealed_.empty() && sealed_.front().lsn <= committed_) {
    forget_pending(sealed_.front());
    held_bytes_ -= sealed_.front().held_bytes;
    sealed_.pop_front();
  }
}

void Journal::rollback(Lsn lsn) {
  CHECK(lsn >= committed_);
  revert(Mark());
  while (!sealed_.empty() && sealed_.back().lsn > lsn) {
    exchange_all(sealed_.back().changes, true);
    held_bytes_ -= sealed_.back().held_bytes;
    sealed_.pop_back();
  }
  pending_.clear();
  pending_whole_ = Lsn();
  for (const Record& record : sealed_) note_pending(record);
}

void Journal::forget(Lsn lsn) {
  open_ = Record();
  payload_.clear();
  sealed_.clear();
  held_bytes_ = 0;
  committed_ = lsn;
  pending_.clear();
  pending_whole_ = Lsn();
}

Lsn Journal::pending(std::string_view key) const {
  if (sealed_.empty()) return Lsn();
  const auto* node = pending_.find(key);
  const Lsn whole = pending_whole_ > committed_ ? pending_whole_ : Lsn();
  return node ? std::max(node->value, whole) : whole;
}

void Journal::exchange_all(std::vector<Change>& changes, bool backwards) {
  if (backwards) {
    for (auto it = changes.rbegin(); it != changes.rend(); ++it) CHECK(keys_.exchange(*it));
  } else {
    for (Change& change : changes) CHECK(keys_.exchange(change));
  }
}

void Journal::without_uncommitted(const std::function<void()>& fn) {
  exchange_all(open_.changes, true);
  for (auto it = sealed_.rbegin(); it != sealed_.rend(); ++it) exchange_all(it->changes, true);
  fn();
  for (Record& record : sealed_) exchange_all(record.changes, false);
  exchange_all(open_.changes, false);
}

bool Journal::uncommitted_keys(const std::function<void(std::string_view key)>& visit) const {
  const auto keys_of = [&](const Record& record) {
    for (const Change& change : record.changes) {
      if (touches_all(change)) return false;
      for_each_key(change, visit);
    }
    return true;
  };
  return keys_of(open_) && std::all_of(sealed_.begin(), sealed_.end(), keys_of);
}

Status Journal::apply(std::string_view payload) {
  CHECK_NOTE(empty(), "a record of another member meets uncommitted changes");
  if (payload.empty() || payload.front() != kRecordVersion) {
    return Error(Code::kCorrupt, "record: unknown version");
  }
  payload.remove_prefix(1);
  while (!payload.empty()) {
    Result<Change> change = decode_change(payload, keys_.seed());
    if (!change) return change.error();
    if (!keys_.exchange(*change)) return Error(Code::kCorrupt, "record: does not fit");
  }
  return Status();
}

}  // namespace multiaz::cachenode
