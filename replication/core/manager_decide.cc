// What the manager decides by itself: bootstrap, the next primary, shrinking after a death, and
// what to do when its own memory turns out to be old.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "replication/core/manager_impl.h"

namespace multiaz::replication {

void Manager::Impl::decide() {
  if (recalled_ && !recall()) return;
  if (epoch().raw == 0) return decide_bootstrap();
  if (!settled()) return;
  if (proven_dead(state_.view.primary, state_.view.launch)) {
    replace_primary({}, "exited");
  } else if (primary_is_silent()) {
    replace_primary({}, "is silent");
  } else {
    waiting_ = false;
    reunion_since_.reset();
    shrink();
    refresh_learners();
  }
}

// After a start, listen before making any view: a member may know a later one.
bool Manager::Impl::settled() {
  if (settled_) return true;
  settled_ = now_ >= started_ + ms(config_.settle_ms);
  bool everybody = true;
  for (const auto& [id, s] : seen_) everybody = everybody && s.report.has_value();
  settled_ = settled_ || everybody;
  return settled_;
}

// An empty group starts with all candidates; after a while with those that are up, if none of them
// holds anything: then there was nothing to lose, as far as anybody here can tell.
void Manager::Impl::decide_bootstrap() {
  View view;
  bool all = true;
  bool empty = true;
  for (const PlannedMember& member : config_.members) {
    const bool up = alive(member.id);
    if (up) empty = empty && seen(member.id)->report->tail.raw == 0;
    if (!member.candidate) continue;
    all = all && up;
    if (up) view.in_sync.push_back({member.id, seen(member.id)->report->incarnation});
  }
  if (view.in_sync.empty()) return;
  if (!all && now_ < started_ + ms(config_.bootstrap_ms)) return;
  if (!empty)
    return wait_notice(config_.group +
                       ": no view is stored, but members hold data: promote one by "
                       "force");
  view.primary = view.in_sync.front().id;
  view.launch = seen(view.primary)->report->launch;
  publish(view, next(epoch()), "bootstrap", view.primary,
          fmt::format("{} starts with {} in-sync members, primary {}", config_.group,
                      view.in_sync.size(), view.primary.raw));
}

// The stored state is an older copy. Views that nobody here knows may exist, so: hear every
// candidate, take the highest view, and jump over epochs that may have been given.
bool Manager::Impl::recall() {
  for (const PlannedMember& member : config_.members) {
    if (!member.candidate || seen(member.id)->report) continue;
    wait_notice(fmt::format("{}: the stored state is an older copy: waiting for {} to report",
                            config_.group, member.id.raw));
    return false;
  }
  View view = *std::exchange(recalled_, std::nullopt);
  const Epoch jumped(view.epoch.raw + kAmnesiaJump);
  state_.unfenced.clear();
  state_.unknown_past = true;
  publish(
      std::move(view), jumped, "amnesia", state_.view.primary,
      fmt::format("{}: adopted the members' view, epoch jumps to {}", config_.group, jumped.raw));
  return true;
}

bool Manager::Impl::proven_dead(const NodeId& id, Launch launch) const {
  const Seen* s = seen(id);
  return s != nullptr && (s->dead >= launch || (s->report && s->report->launch > launch));
}

bool Manager::Impl::primary_is_silent() const {
  const Seen* s = seen(state_.view.primary);
  if (s == nullptr) return true;
  return now_ > s->at + ms(config_.silence_ms) ||
         (s->report && s->report->launch < state_.view.launch);
}

bool Manager::Impl::same_life(const MemberRef& member, const MemberReport& report) const {
  return report.incarnation == member.incarnation || config_.bug == Bug::kEmptyRestartOk;
}

bool Manager::Impl::eligible(const MemberRef& member) const {
  return alive(member.id) && same_life(member, *seen(member.id)->report);
}

// Any in-sync member has every acknowledged write. The longest log leaves the fewest in doubt. A
// restarted primary comes last, unless all had to be waited for.
const MemberReport* Manager::Impl::best_candidate(const NodeId& excluded) const {
  const MemberReport* best = nullptr;
  const auto rank = [this](const MemberReport& r) {
    return std::make_tuple(reunion_since_ || r.id != state_.view.primary, r.tail_epoch, r.tail);
  };
  for (const PlannedMember& member : config_.members) {
    const MemberRef* ref = state_.view.in_sync_member(member.id);
    if (ref == nullptr || member.id == excluded || !eligible(*ref)) continue;
    const MemberReport& report = *seen(member.id)->report;
    if (best == nullptr || rank(report) > rank(*best)) best = &report;
  }
  return best;
}

// After a time in which no in-sync member was up, the first one to return need not have the
// longest log: give the others a moment.
bool Manager::Impl::reunion_pending() {
  if (std::exchange(waiting_, false)) reunion_since_ = now_;
  if (!reunion_since_ || now_ >= *reunion_since_ + ms(config_.settle_ms)) return false;
  for (const MemberRef& member : state_.view.in_sync)
    if (!eligible(member)) return true;
  return false;
}

// Of every in-sync member it is known that the process with the data has ended.
bool Manager::Impl::data_is_gone() const {
  for (const MemberRef& member : state_.view.in_sync) {
    const Seen* s = seen(member.id);
    if (s == nullptr) continue;  // removed
    const bool ended = s->report && s->report->launch <= s->dead;
    const bool other_life = s->report && !same_life(member, *s->report);
    if (!ended && !other_life) return false;
  }
  return true;
}

// What was acknowledged is lost, and that is said; the next best thing is an empty group.
bool Manager::Impl::start_over() {
  View view;
  for (const PlannedMember& member : config_.members) {
    if (!member.candidate || !alive(member.id)) continue;
    const MemberReport& report = *seen(member.id)->report;
    if (report.tail.raw == 0) view.in_sync.push_back({member.id, report.incarnation});
  }
  if (view.in_sync.empty()) return false;
  view.primary = view.in_sync.front().id;
  view.launch = seen(view.primary)->report->launch;
  waiting_ = false;
  reunion_since_.reset();
  const Epoch epoch = next(state_.view.epoch);
  const NodeId first = view.primary;
  publish(std::move(view), epoch, "data-loss", first,
          fmt::format("{}: every in-sync member has ended, and the data was in their memory: "
                      "starting empty with {}, epoch {}",
                      config_.group, first.raw, epoch.raw));
  return true;
}

void Manager::Impl::replace_primary(const NodeId& excluded, const std::string& why) {
  const View& old = state_.view;
  if (best_candidate(excluded) == nullptr) {
    waiting_ = true;
    if (config_.volatile_data && data_is_gone() && start_over()) return;
    std::string names;
    for (const MemberRef& member : old.in_sync)
      names += (names.empty() ? "" : ", ") + member.id.raw;
    return wait_notice(
        fmt::format("{}: primary {} {}, and no in-sync member is alive: waiting for {}",
                    config_.group, old.primary.raw, why, names));
  }
  if (reunion_pending()) return;
  const MemberReport chosen = *best_candidate(excluded);
  reunion_since_.reset();
  View view;
  view.primary = chosen.id;
  view.launch = chosen.launch;
  for (const MemberRef& member : old.in_sync) {
    if (member.id == excluded || !eligible(member)) continue;
    view.in_sync.push_back({member.id, seen(member.id)->report->incarnation});
  }
  const Epoch epoch = next(old.epoch);
  publish(std::move(view), epoch, "promote", chosen.id,
          fmt::format("{} primary {} {}: promoting {}, epoch {}", config_.group, old.primary.raw,
                      why, chosen.id.raw, epoch.raw));
}

// A dead secondary would block every commit, so it leaves at once; a silent one is the primary's
// business, which sees more of it.
void Manager::Impl::shrink() {
  View view = state_.view;
  std::string gone;
  std::erase_if(view.in_sync, [&](const MemberRef& member) {
    const Seen* s = seen(member.id);
    if (member.id == view.primary) return false;
    const bool dead =
        s == nullptr || (s->dead.raw > 0 && (!s->report || s->report->launch <= s->dead));
    const bool other_life = s != nullptr && s->report && !same_life(member, *s->report);
    if (dead || other_life) gone += (gone.empty() ? "" : ", ") + member.id.raw;
    return dead || other_life;
  });
  if (gone.empty()) return;
  const size_t left = view.in_sync.size();
  publish(std::move(view), next(epoch()), "shrink", NodeId(gone),
          fmt::format("{} goes on without {}: {} in sync", config_.group, gone, left));
}

void Manager::Impl::refresh_learners() {
  View view = state_.view;
  make_learners(view);
  if (view.learners == state_.view.learners) return;
  publish(std::move(view), next(epoch()), "members", state_.view.primary,
          config_.group + ": the planned members changed");
}

void Manager::Impl::make_learners(View& view) const {
  view.learners.clear();
  for (const PlannedMember& member : config_.members)
    if (view.in_sync_member(member.id) == nullptr)
      view.learners.push_back({member.id, member.candidate});
}

bool Manager::Impl::fenced(const View& view) const {
  for (const ManagerState::Former& former : state_.unfenced)
    if (former.id != view.primary || former.launch != view.launch) return false;
  return !state_.unknown_past;
}

// The only place where a view comes into being: durable before anybody hears of it (rule 1).
void Manager::Impl::publish(View view, Epoch epoch, const std::string& kind, const NodeId& target,
                            const std::string& text) {
  const View& old = state_.view;
  CHECK(epoch > old.epoch && view.in_sync_member(view.primary) != nullptr);
  const bool replaced = view.primary != old.primary || view.launch != old.launch;
  if (old.epoch.raw > 0 && replaced && !proven_dead(old.primary, old.launch)) {
    std::erase_if(state_.unfenced, [&](const ManagerState::Former& former) {
      return former.id == old.primary && former.launch == old.launch;
    });
    state_.unfenced.push_back({old.primary, old.launch, epoch});
  }
  view.epoch = epoch;
  make_learners(view);
  state_.view = std::move(view);
  last_wait_.clear();
  out_.push_back(PersistState{describe(state_)});
  std::vector<NodeId> to;
  for (auto& [id, s] : seen_) {
    s.sent_at = now_;
    to.push_back(id);
  }
  out_.push_back(SendView{std::move(to), state_.view, fenced(state_.view)});
  notice(kind, target, text);
}

void Manager::Impl::wait_notice(const std::string& text) {
  if (text == last_wait_) return;
  last_wait_ = text;
  notice("wait", state_.view.primary, text);
}

}  // namespace multiaz::replication
