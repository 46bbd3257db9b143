#include "enginenode/member/member.h"

#include <algorithm>

namespace multiaz::enginenode {

namespace {

using replication::Change;
using replication::ms;
using replication::RequestView;
using replication::State;

// A copy of everything takes longer than a lost connection: so long may a new in-sync member
// (there are none but at the very start) be without our stream.
constexpr uint64_t kFirstCopyFactor = 4;

}  // namespace

bool Member::on_view(Nanos now, const View& view, bool fenced) {
  if (view.epoch < view_.epoch) return false;
  if (view.epoch == view_.epoch) {
    if (fenced) primary_from_ = std::min(primary_from_, now);
    return fenced;
  }
  const bool was_primary = is_primary();
  view_ = view;
  in_view_since_ = now;
  leases_.clear();
  streaming_.clear();
  hand_over_.reset();
  asked_at_ = 0;
  if (!is_primary() || was_primary) return true;
  // Before this process began, an earlier one of this member may have granted a lease.
  const Nanos last = std::max(granted_at_, started_);
  primary_from_ = fenced ? now : std::max(now, last + ms(timings_.grace_ms));
  return true;
}

void Member::on_hand_over(Nanos now, const NodeId& to) {
  if (!is_primary() || to == id_ || view_.in_sync_member(to) == nullptr) return;
  hand_over_ = to;
  hand_over_until_ = now + ms(timings_.handover_ms);
}

bool Member::grant(Nanos now, Epoch epoch) {
  if (epoch < view_.epoch || (epoch == view_.epoch && is_primary())) return false;
  granted_at_ = now;
  return true;
}

void Member::on_granted(const std::string& by, Epoch epoch, Nanos asked_at) {
  if (epoch != view_.epoch) return;
  Nanos& lease = leases_[by];
  lease = std::max(lease, asked_at);
}

std::vector<NodeId> Member::other_in_sync() const {
  std::vector<NodeId> out;
  for (const replication::MemberRef& member : view_.in_sync) {
    if (member.id != id_) out.push_back(member.id);
  }
  return out;
}

bool Member::lease_holds(Nanos now) const {
  for (const NodeId& id : other_in_sync()) {
    const auto lease = leases_.find(id.raw);
    if (lease == leases_.end() || now >= lease->second + ms(timings_.lease_ms)) return false;
  }
  return true;
}

int64_t Member::lease_left_ms(Nanos now) const {
  if (!is_primary()) return 0;
  int64_t left = static_cast<int64_t>(timings_.lease_ms);
  for (const NodeId& id : other_in_sync()) {
    const auto lease = leases_.find(id.raw);
    const Nanos until = lease == leases_.end() ? 0 : lease->second + ms(timings_.lease_ms);
    left = std::min(left, until > now ? static_cast<int64_t>((until - now) / kMillisecond) : 0);
  }
  return left;
}

bool Member::waits_for(const std::string& id) const {
  return std::binary_search(facts_.waits_for.begin(), facts_.waits_for.end(), id);
}

bool Member::serving(Nanos now) const {
  if (!is_primary() || now < primary_from_ || hand_over_) return false;
  if (!facts_.up || !facts_.writable || !lease_holds(now)) return false;
  // What is acknowledged must be with everybody whom the view calls in sync.
  const std::vector<NodeId> others = other_in_sync();
  return std::all_of(others.begin(), others.end(),
                     [this](const NodeId& id) { return waits_for(id.raw); });
}

State Member::state(Nanos now) const {
  if (view_.epoch.raw == 0) return State::kStarting;
  if (is_primary()) return serving(now) || hand_over_ ? State::kPrimary : State::kActivating;
  if (view_.in_sync_member(id_) != nullptr) return State::kSecondary;
  return view_.learner(id_) != nullptr ? State::kLearner : State::kIdle;
}

Orders Member::decide(Nanos now, const EngineFacts& facts) {
  facts_ = facts;
  if (hand_over_ && now >= hand_over_until_) hand_over_.reset();
  Orders out;
  if (view_.epoch.raw == 0) return out;
  if (!is_primary()) {
    // Named as primary with an older process: the manager will make another view.
    if (view_.primary != id_) out.duty = Duty::kFollow;
    return out;
  }
  if (now < primary_from_) return out;
  out.duty = Duty::kPrimary;
  const std::set<std::string> wanted = wanted_waits(now);
  out.waits_for.assign(wanted.begin(), wanted.end());
  out.request = ask(now);
  return out;
}

// Everybody in sync, and whoever is about to be: a learner that has kept up is waited for before
// the manager is asked to call it in sync.
std::set<std::string> Member::wanted_waits(Nanos now) {
  std::set<std::string> out;
  for (const NodeId& id : other_in_sync()) out.insert(id.raw);
  for (const replication::LearnerRef& learner : view_.learners) {
    const std::string& id = learner.id.raw;
    const auto follower = facts_.followers.find(id);
    const bool up = learner.candidate && follower != facts_.followers.end() &&
                    follower->second.caught_up && incarnations_.contains(id);
    if (!up) {
      keeps_up_.erase(id);
      continue;
    }
    const Nanos since = keeps_up_.try_emplace(id, now).first->second;
    if (now >= since + ms(timings_.join_stable_ms)) out.insert(id);
  }
  return out;
}

std::optional<RequestView> Member::ask(Nanos now) {
  if (asked_at_ > 0 && now < asked_at_ + ms(timings_.request_retry_ms)) return std::nullopt;
  std::optional<RequestView> request = ask_hand_over();
  if (!request) request = ask_removal(now);
  if (!request) request = ask_addition(now);
  if (request) asked_at_ = now;
  return request;
}

std::optional<RequestView> Member::ask_hand_over() {
  if (!hand_over_) return std::nullopt;
  const auto follower = facts_.followers.find(hand_over_->raw);
  if (follower == facts_.followers.end() || !follower->second.has_all) return std::nullopt;
  const replication::MemberRef* member = view_.in_sync_member(*hand_over_);
  return RequestView{view_.epoch, Change::kHandOver, *member, "handed over"};
}

// One that grants no lease or takes no stream holds up every write.
std::optional<RequestView> Member::ask_removal(Nanos now) {
  for (const replication::MemberRef& member : view_.in_sync) {
    if (member.id == id_) continue;
    const std::string& id = member.id.raw;
    if (facts_.followers.contains(id)) streaming_[id] = now;
    const auto stream = streaming_.find(id);
    const auto lease = leases_.find(id);
    const Nanos streamed = stream == streaming_.end() ? 0 : stream->second;
    const Nanos granted = lease == leases_.end() ? 0 : lease->second;
    const bool first_copy = streamed == 0 && view_.epoch.raw == 1;
    const Nanos patience = ms(timings_.removal_ms) * (first_copy ? kFirstCopyFactor : 1);
    if (now >= std::max(streamed, in_view_since_) + patience)
      return RequestView{view_.epoch, Change::kRemove, member, "it does not take the stream"};
    if (now >= std::max(granted, in_view_since_) + ms(timings_.removal_ms))
      return RequestView{view_.epoch, Change::kRemove, member, "it does not answer"};
  }
  return std::nullopt;
}

std::optional<RequestView> Member::ask_addition(Nanos now) {
  for (const auto& [id, since] : keeps_up_) {
    if (view_.learner(NodeId(id)) == nullptr || !waits_for(id)) continue;
    if (now < since + 2 * ms(timings_.join_stable_ms)) continue;
    const replication::MemberRef member{NodeId(id), incarnations_.at(id)};
    return RequestView{view_.epoch, Change::kAdd, member, "it has caught up"};
  }
  return std::nullopt;
}

}  // namespace multiaz::enginenode
