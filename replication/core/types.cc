#include "replication/core/types.h"

#include <algorithm>
#include <array>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace multiaz::replication {
namespace {

template <typename E, size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

constexpr Names<Durability, 4> kDurabilities{{{Durability::kMemory, "memory"},
                                              {Durability::kOs, "os"},
                                              {Durability::kDisk, "disk"},
                                              {Durability::kAsync, "async"}}};

constexpr Names<Bug, 16> kBugs{{{Bug::kNone, "none"},
                                {Bug::kAckBeforeReplicate, "ack-before-replicate"},
                                {Bug::kNoFencing, "no-fencing"},
                                {Bug::kCachedClockLease, "cached-clock-lease"},
                                {Bug::kTruncateByCommit, "truncate-by-commit"},
                                {Bug::kRetryFsync, "retry-fsync"},
                                {Bug::kEmptyRestartOk, "empty-restart-ok"},
                                {Bug::kShrinkWithoutCm, "shrink-without-cm"},
                                {Bug::kForgetView, "forget-view"},
                                {Bug::kServeTooEarly, "serve-too-early"},
                                {Bug::kLeaseFromReceipt, "lease-from-receipt"},
                                {Bug::kApplyUncommitted, "apply-uncommitted"},
                                {Bug::kReadOnLead, "read-on-lead"},
                                {Bug::kLeaveBeforeStored, "leave-before-stored"},
                                {Bug::kServeBeforeApplied, "serve-before-applied"},
                                {Bug::kApplyBeforeRebuild, "apply-before-rebuild"}}};

template <typename E, size_t N>
std::string_view text_of(const Names<E, N>& names, E value) {
  for (const auto& [known, text] : names)
    if (known == value) return text;
  return "unknown";
}

template <typename E, size_t N>
std::optional<E> value_of(const Names<E, N>& names, std::string_view text) {
  for (const auto& [value, known] : names)
    if (known == text) return value;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Durability level) {
  return text_of(kDurabilities, level);
}
std::optional<Durability> durability_from(std::string_view name) {
  return value_of(kDurabilities, name);
}
std::string_view to_string(Bug bug) {
  return text_of(kBugs, bug);
}
std::optional<Bug> bug_from(std::string_view name) {
  return value_of(kBugs, name);
}

const std::vector<std::string_view>& bug_names() {
  static const std::vector<std::string_view> kAll = [] {
    std::vector<std::string_view> out;
    for (const auto& [bug, name] : kBugs) out.push_back(name);
    return out;
  }();
  return kAll;
}

const MemberRef* View::in_sync_member(const NodeId& id) const {
  for (const MemberRef& member : in_sync)
    if (member.id == id) return &member;
  return nullptr;
}

const LearnerRef* View::learner(const NodeId& id) const {
  for (const LearnerRef& learner : learners)
    if (learner.id == id) return &learner;
  return nullptr;
}

bool View::names(const MemberRef& member) const {
  const MemberRef* found = in_sync_member(member.id);
  return found != nullptr && found->incarnation == member.incarnation;
}

Epoch epoch_at(const History& history, Lsn lsn) {
  Epoch found;
  if (lsn.raw == 0) return found;
  for (const EpochStart& start : history) {
    if (start.first > lsn) break;
    found = start.epoch;
  }
  return found;
}

void truncate_history(History& history, Lsn lsn) {
  while (!history.empty() && history.back().first > lsn) history.pop_back();
}

void trim_history(History& history, Lsn base) {
  size_t covering = 0;
  while (covering + 1 < history.size() && history[covering + 1].first <= base) ++covering;
  history.erase(history.begin(), history.begin() + static_cast<ptrdiff_t>(covering));
}

namespace {
// The last lsn of the i-th epoch in a log that ends at `tail`.
Lsn last_of(const History& history, size_t i, Lsn tail) {
  return i + 1 < history.size() ? Lsn(history[i + 1].first.raw - 1) : tail;
}
}  // namespace

// (epoch, lsn) names one record for ever: an epoch has one primary, and that process never takes
// back an lsn that it gave. So two logs agree up to the end of the last epoch that both have, in
// the log where it ends first.
Lsn common_point(const History& a, Lsn tail_a, const History& b, Lsn tail_b) {
  size_t i = a.size();
  size_t j = b.size();
  while (i > 0 && j > 0) {
    const EpochStart& x = a[i - 1];
    const EpochStart& y = b[j - 1];
    if (x == y) return std::min(last_of(a, i - 1, tail_a), last_of(b, j - 1, tail_b));
    if (x.epoch == y.epoch) {  // one epoch began at two places: neither log can be trusted
      --i;
      --j;
    } else if (x.epoch > y.epoch) {
      --i;
    } else {
      --j;
    }
  }
  return Lsn();
}

uint64_t chain_hash(uint64_t previous, Epoch epoch, Lsn lsn, std::string_view payload) {
  const std::array<uint64_t, 3> head{previous, epoch.raw, lsn.raw};
  const uint64_t seed = XXH3_64bits(head.data(), sizeof head);
  return XXH3_64bits_withSeed(payload.data(), payload.size(), seed);
}

}  // namespace multiaz::replication
