#include "replication/core/role.h"

#include <fmt/format.h>

#include <utility>

#include "replication/core/digest.h"

namespace multiaz::replication {
namespace {

constexpr uint32_t bit(State state) {
  return 1u << static_cast<uint32_t>(state);
}

struct Row {
  State from;
  uint32_t to;
};

// A move within a state (a new epoch in the same role) is always allowed, except when starting.
// secondary -> primary is missing on purpose: kActivating checks logs, grace period and lease.
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

bool MemberRole::same(const MemberRef& a, const MemberRef& b) const {
  return a.id == b.id && (a.incarnation == b.incarnation || config_.bug == Bug::kEmptyRestartOk);
}

bool MemberRole::in_sync(const View& view, const MemberRef& member) const {
  const MemberRef* found = view.in_sync_member(member.id);
  return found != nullptr && same(*found, member);
}

bool MemberRole::leads_view() const {
  return is_self(view_.primary) && view_.launch == config_.launch && in_sync(config_.self);
}

State MemberRole::as_follower() const {
  if (epoch().raw == 0 || is_self(view_.primary)) return State::kIdle;
  return in_sync(config_.self) ? State::kSecondary : State::kLearner;
}

View MemberRole::take(View view) {
  return std::exchange(view_, std::move(view));
}

void MemberRole::move(State to, const std::string& reason) {
  const std::string line =
      fmt::format("{} -> {} epoch {} tail {} commit {}: {}", to_string(state_), to_string(to),
                  epoch().raw, log_.tail().raw, log_.commit().raw, reason);
  CHECK_NOTE(allowed(state_, to), line);
  state_ = to;
  step_.trace(line);
  if (to != State::kFailed) step_.emit(RoleChanged{to, epoch(), reason});
}

void MemberRole::fail(const std::string& reason) {
  move(State::kFailed, reason);
  step_.emit(Fail{reason});
}

void MemberRole::check() const {
  CHECK(log_.epoch_of(log_.tail()) <= epoch());
  if (leading()) CHECK(leads_view());
  if (state_ == State::kSecondary) CHECK(in_sync(config_.self));
  if (following()) CHECK(!is_self(view_.primary));
}

void MemberRole::digest(Digest& out) const {
  out.add(static_cast<uint64_t>(state_), view_);
}

}  // namespace multiaz::replication
