// States of a member as a table, and what must hold after every step.
#include <fmt/format.h>

#include "replication/core/impl.h"

namespace multiaz::replication {
namespace {

constexpr uint32_t bit(State state) {
  return 1u << static_cast<uint32_t>(state);
}

struct Row {
  State from;
  uint32_t to;
};

// A move within a state (a new epoch in the same role) is always allowed but when starting.
// secondary -> primary is missing on purpose: activating proves logs, grace and lease.
constexpr uint32_t kFollowing = bit(State::kLearner) | bit(State::kSecondary);
constexpr Row kMoves[] = {
    {State::kStarting, bit(State::kIdle) | kFollowing | bit(State::kFailed)},
    {State::kIdle, kFollowing | bit(State::kActivating) | bit(State::kFailed)},
    {State::kLearner,
     bit(State::kIdle) | kFollowing | bit(State::kActivating) | bit(State::kFailed)},
    {State::kSecondary,
     bit(State::kIdle) | kFollowing | bit(State::kActivating) | bit(State::kFailed)},
    {State::kActivating,
     bit(State::kIdle) | kFollowing | bit(State::kPrimary) | bit(State::kFailed)},
    {State::kPrimary,
     bit(State::kIdle) | kFollowing | bit(State::kActivating) | bit(State::kFailed)},
    {State::kFailed, 0},
};

bool allowed(State from, State to) {
  if (from == to) return from != State::kStarting && from != State::kFailed;
  for (const Row& row : kMoves)
    if (row.from == from) return (row.to & bit(to)) != 0;
  return false;
}

}  // namespace

void Core::Impl::move(State to, const std::string& reason) {
  const std::string line =
      fmt::format("{} -> {} epoch {} tail {} commit {}: {}", to_string(state_), to_string(to),
                  epoch().raw, tail_.lsn.raw, commit_.raw, reason);
  CHECK_NOTE(allowed(state_, to), line);
  state_ = to;
  trace(line);
  if (to != State::kFailed) out_.push_back(RoleChanged{to, epoch(), reason});
}

void Core::Impl::check_invariant() const {
  CHECK(base_ <= tail_.lsn);
  CHECK(durable_ <= tail_.lsn);
  CHECK(commit_ <= tail_.lsn);
  CHECK(applied_ <= commit_);
  CHECK(tail_.lsn.raw == 0 || !tail_.history.empty());
  CHECK(epoch_at(tail_.history, tail_.lsn) <= epoch());
  if (leading()) CHECK(leads(view_));
  if (state_ == State::kSecondary) CHECK(in_sync(view_, config_.self));
  if (following()) CHECK(!is_self(view_.primary));
  if (state_ != State::kPrimary) CHECK(uncommitted_.empty());
  CHECK(uncommitted_.size() <= tail_.lsn.raw - commit_.raw);
}

}  // namespace multiaz::replication
