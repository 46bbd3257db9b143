#include "enginenode/member/member.h"

#include <algorithm>

namespace multiaz::enginenode {

namespace {

using replication::Change;
using replication::ms;
using replication::RequestView;
using replication::State;

// A complete copy of the data takes longer than a lost connection. A new in-sync member (there is
// one only at the very start) may therefore be without this primary's stream for so many times
// longer.
constexpr uint64_t kFirstCopyFactor = 4;

}  // namespace

bool Member::on_view(Nanos now, const View& view, bool fenced) {
  if (view.epoch < view_.epoch) return false;
  if (view.epoch == view_.epoch) {
    if (fenced) primary_from_ = std::min(primary_from_, now);
    return fenced;
  }
  const bool was_primary = is_primary();
  // Otherwise another member may have been primary in between.
  const bool next = view.epoch.raw == view_.epoch.raw + 1;
  view_ = view;
  in_view_since_ = now;
  streaming_.clear();
  joining_.reset();
  hand_over_.reset();
  asked_at_ = 0;
  std::erase_if(keeps_up_, [this](const auto& one) {
    return view_.learner(NodeId(one.first)) == nullptr;
  });
  // This process is primary before and after. A member that granted a lease granted it to this
  // process and keeps that promise, so serving does not pause and no client is disconnected.
  if (is_primary() && was_primary && next) return true;
  leases_.clear();
  if (!is_primary()) return true;
  primary_from_ = fenced ? now : std::max(now, granted_at_ + ms(timings_.grace_ms));
  return true;
}

void Member::on_hand_over(Nanos now, const NodeId& to) {
  if (!is_primary() || to == id_ || view_.in_sync_member(to) == nullptr) return;
  hand_over_ = HandOver{to, now + ms(timings_.handover_ms)};
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

bool Member::asks_for_lease(const std::string& peer) const {
  if (!is_primary() || peer == id_.raw) return false;
  return view_.in_sync_member(NodeId(peer)) != nullptr || keeps_up_.contains(peer) ||
         (joining_ && joining_->id.raw == peer);
}

std::vector<replication::MemberRef> Member::counted() const {
  std::vector<replication::MemberRef> out;
  for (const replication::MemberRef& member : view_.in_sync) {
    if (member.id != id_) out.push_back(member);
  }
  if (joining_) out.push_back(*joining_);
  return out;
}

bool Member::lease_holds(Nanos now) const {
  for (const replication::MemberRef& member : counted()) {
    const auto lease = leases_.find(member.id.raw);
    if (lease == leases_.end() || now >= lease->second + ms(timings_.lease_ms)) return false;
  }
  return true;
}

int64_t Member::lease_left_ms(Nanos now) const {
  if (!is_primary()) return 0;
  int64_t left = static_cast<int64_t>(timings_.lease_ms);
  for (const replication::MemberRef& member : counted()) {
    const auto lease = leases_.find(member.id.raw);
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
  // Every member that may be the next primary must have what is acknowledged.
  const std::vector<replication::MemberRef> others = counted();
  return std::all_of(others.begin(), others.end(), [this](const replication::MemberRef& member) {
    return waits_for(member.id.raw);
  });
}

State Member::state(Nanos now) const {
  if (view_.epoch.raw == 0) return State::kStarting;
  if (is_primary()) return serving(now) || hand_over_ ? State::kPrimary : State::kActivating;
  if (view_.in_sync_member(id_) != nullptr) return State::kSecondary;
  return view_.learner(id_) != nullptr ? State::kLearner : State::kIdle;
}

Orders Member::decide(Nanos now, const EngineFacts& facts) {
  facts_ = facts;
  if (hand_over_ && now >= hand_over_->until) hand_over_.reset();
  Orders out;
  if (view_.epoch.raw == 0) return out;
  if (!is_primary()) {
    // The view names an older process of this member, so the manager will make another view.
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

// Every member that counts, and every learner that is about to: the primary waits for a learner
// that has kept up before it asks the manager to call it in sync.
std::set<std::string> Member::wanted_waits(Nanos now) {
  std::set<std::string> out;
  for (const replication::MemberRef& member : counted()) out.insert(member.id.raw);
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
  const auto follower = facts_.followers.find(hand_over_->to.raw);
  if (follower == facts_.followers.end() || !follower->second.has_all) return std::nullopt;
  const replication::MemberRef* member = view_.in_sync_member(hand_over_->to);
  return RequestView{view_.epoch, Change::kHandOver, *member, "handed over"};
}

// A member that grants no lease or takes no stream holds up every write. If the manager was asked
// to add that member, the new epoch makes that request void.
std::optional<RequestView> Member::ask_removal(Nanos now) {
  for (const replication::MemberRef& member : counted()) {
    std::string trouble = trouble_with(member.id.raw, now);
    if (!trouble.empty())
      return RequestView{view_.epoch, Change::kRemove, member, std::move(trouble)};
  }
  return std::nullopt;
}

std::string Member::trouble_with(const std::string& id, Nanos now) {
  if (facts_.followers.contains(id)) streaming_[id] = now;
  const auto stream = streaming_.find(id);
  const auto lease = leases_.find(id);
  const Nanos streamed = stream == streaming_.end() ? 0 : stream->second;
  const Nanos granted = lease == leases_.end() ? 0 : lease->second;
  const bool first_copy = streamed == 0 && view_.epoch.raw == 1;
  const Nanos patience = ms(timings_.removal_ms) * (first_copy ? kFirstCopyFactor : 1);
  if (now >= std::max(streamed, in_view_since_) + patience) return "it does not take the stream";
  if (now >= std::max(granted, in_view_since_) + ms(timings_.removal_ms))
    return "it does not answer";
  return "";
}

// From the request on, the learner counts for commits and for the lease, whatever becomes of the
// request: the manager may have agreed, and the learner may be the next primary, before this
// process is told. Its lease is held already, so nothing pauses when it begins to count. One
// learner is added at a time.
std::optional<RequestView> Member::ask_addition(Nanos now) {
  if (joining_) return RequestView{view_.epoch, Change::kAdd, *joining_, "it has caught up"};
  for (const auto& [id, since] : keeps_up_) {
    if (!waits_for(id) || now < since + 2 * ms(timings_.join_stable_ms)) continue;
    const auto lease = leases_.find(id);
    if (lease == leases_.end() || now >= lease->second + ms(timings_.lease_ms) / 2) continue;
    joining_ = replication::MemberRef{NodeId(id), incarnations_.at(id)};
    streaming_[id] = now;
    return RequestView{view_.epoch, Change::kAdd, *joining_, "it has caught up"};
  }
  return std::nullopt;
}

}  // namespace multiaz::enginenode
