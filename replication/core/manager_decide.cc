#include "replication/core/manager_decide.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "replication/core/digest.h"

namespace multiaz::replication {
namespace {
constexpr uint64_t kAmnesiaJump = 1000;  // an older copy of the state may lack so many epochs
}

void Decisions::decide() {
  if (recalled_ && !recall()) return;
  if (views_.epoch().raw == 0) return bootstrap();
  if (!settled()) return;
  if (roster_.proven_dead(views_.view().primary, views_.view().launch)) {
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

// After a start the manager listens before it makes a view, since a member may know a later one.
bool Decisions::settled() {
  if (settled_) return true;
  settled_ = step_.now() >= started_ + ms(config_.settle_ms) || roster_.all_reported();
  return settled_;
}

// An empty group starts with all candidates. After a while it starts with those that are up, if
// none of them holds any data: as far as the manager can tell, there was nothing to lose.
void Decisions::bootstrap() {
  View view;
  bool all = true;
  bool empty = true;
  for (const PlannedMember& member : config_.members) {
    const bool up = roster_.alive(member.id);
    if (up) empty = empty && roster_.report(member.id).tail.raw == 0;
    if (!member.candidate) continue;
    all = all && up;
    if (up) view.in_sync.push_back({member.id, roster_.report(member.id).incarnation});
  }
  if (view.in_sync.empty()) return;
  if (!all && step_.now() < started_ + ms(config_.bootstrap_ms)) return;
  if (!empty)
    return views_.wait(config_.group +
                       ": no view is stored, but members hold data: promote one by "
                       "force");
  view.primary = view.in_sync.front().id;
  view.launch = roster_.report(view.primary).launch;
  views_.publish(view, next(views_.epoch()), "bootstrap", view.primary,
                 fmt::format("{} starts with {} in-sync members, primary {}", config_.group,
                             view.in_sync.size(), view.primary.raw));
}

// The stored state is an older copy, so views may exist that the manager does not know. It
// therefore hears every candidate, takes the highest view, and skips the epochs that may have been
// given.
bool Decisions::recall() {
  for (const PlannedMember& member : config_.members) {
    if (!member.candidate || roster_.seen(member.id)->report) continue;
    views_.wait(fmt::format("{}: the stored state is an older copy: waiting for {} to report",
                            config_.group, member.id.raw));
    return false;
  }
  View view = *std::exchange(recalled_, std::nullopt);
  const Epoch jumped(view.epoch.raw + kAmnesiaJump);
  views_.forget_past();
  views_.publish(
      std::move(view), jumped, "amnesia", views_.view().primary,
      fmt::format("{}: adopted the members' view, epoch jumps to {}", config_.group, jumped.raw));
  return true;
}

bool Decisions::primary_is_silent() const {
  return roster_.silent(views_.view().primary, views_.view().launch);
}

void Decisions::notice_later_view(const MemberReport& e) {
  if (e.view.epoch <= views_.epoch() || (recalled_ && recalled_->epoch >= e.view.epoch)) return;
  recalled_ = e.view;
  step_.notice(
      "amnesia", e.id,
      fmt::format("{} acts in epoch {}, the stored state knows only {}: it is an older copy",
                  e.id.raw, e.view.epoch.raw, views_.epoch().raw));
}

// Any in-sync member has every acknowledged write, and the longest log leaves the fewest writes in
// doubt. A restarted primary comes last, unless all members had to be waited for.
const MemberReport* Decisions::best_candidate(const NodeId& excluded) const {
  const MemberReport* best = nullptr;
  const auto rank = [this](const MemberReport& r) {
    return std::make_tuple(reunion_since_ || r.id != views_.view().primary, r.tail_epoch, r.tail);
  };
  for (const PlannedMember& member : config_.members) {
    const MemberRef* ref = views_.view().in_sync_member(member.id);
    if (ref == nullptr || member.id == excluded || !roster_.eligible(*ref)) continue;
    const MemberReport& report = roster_.report(member.id);
    if (best == nullptr || rank(report) > rank(*best)) best = &report;
  }
  return best;
}

// After a time in which no in-sync member was up, the first one that returns need not have the
// longest log, so the manager gives the others a moment.
bool Decisions::reunion_pending() {
  if (std::exchange(waiting_, false)) reunion_since_ = step_.now();
  if (!reunion_since_ || step_.now() >= *reunion_since_ + ms(config_.settle_ms)) return false;
  for (const MemberRef& member : views_.view().in_sync)
    if (!roster_.eligible(member)) return true;
  return false;
}

// Whether the process that held the data has ended for every in-sync member.
bool Decisions::data_is_gone() const {
  for (const MemberRef& member : views_.view().in_sync) {
    const Roster::Seen* s = roster_.seen(member.id);
    if (s == nullptr) continue;  // removed
    const bool ended = s->report && s->report->launch <= s->dead;
    if (!ended && !roster_.other_life(member)) return false;
  }
  return true;
}

// Acknowledged data is lost, and an event says so. The group goes on empty, which is the next best.
bool Decisions::start_over() {
  View view;
  for (const PlannedMember& member : config_.members) {
    if (!member.candidate || !roster_.alive(member.id)) continue;
    const MemberReport& report = roster_.report(member.id);
    if (report.tail.raw == 0) view.in_sync.push_back({member.id, report.incarnation});
  }
  if (view.in_sync.empty()) return false;
  view.primary = view.in_sync.front().id;
  view.launch = roster_.report(view.primary).launch;
  waiting_ = false;
  reunion_since_.reset();
  const Epoch epoch = next(views_.view().epoch);
  const NodeId first = view.primary;
  views_.publish(
      std::move(view), epoch, "data-loss", first,
      fmt::format("{}: every in-sync member has ended, and the data was in their memory: "
                  "starting empty with {}, epoch {}",
                  config_.group, first.raw, epoch.raw));
  return true;
}

void Decisions::replace_primary(const NodeId& excluded, const std::string& why) {
  const View& old = views_.view();
  if (best_candidate(excluded) == nullptr) {
    waiting_ = true;
    if (config_.volatile_data && data_is_gone() && start_over()) return;
    std::string names;
    for (const MemberRef& member : old.in_sync)
      names += (names.empty() ? "" : ", ") + member.id.raw;
    return views_.wait(
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
    if (member.id == excluded || !roster_.eligible(member)) continue;
    view.in_sync.push_back({member.id, roster_.report(member.id).incarnation});
  }
  const Epoch epoch = next(old.epoch);
  views_.publish(std::move(view), epoch, "promote", chosen.id,
                 fmt::format("{} primary {} {}: promoting {}, epoch {}", config_.group,
                             old.primary.raw, why, chosen.id.raw, epoch.raw));
}

// A dead secondary would block every commit, so it leaves at once. A silent one is left to the
// primary, which knows more about it.
void Decisions::shrink() {
  View view = views_.view();
  std::string gone;
  std::erase_if(view.in_sync, [&](const MemberRef& member) {
    const Roster::Seen* s = roster_.seen(member.id);
    if (member.id == view.primary) return false;
    const bool dead =
        s == nullptr || (s->dead.raw > 0 && (!s->report || s->report->launch <= s->dead));
    const bool leaves = dead || roster_.other_life(member);
    if (leaves) gone += (gone.empty() ? "" : ", ") + member.id.raw;
    return leaves;
  });
  if (gone.empty()) return;
  const size_t left = view.in_sync.size();
  views_.publish(std::move(view), next(views_.epoch()), "shrink", NodeId(gone),
                 fmt::format("{} goes on without {}: {} in sync", config_.group, gone, left));
}

void Decisions::refresh_learners() {
  View view = views_.view();
  views_.set_learners(view);
  if (view.learners == views_.view().learners) return;
  views_.publish(std::move(view), next(views_.epoch()), "members", views_.view().primary,
                 config_.group + ": the planned members changed");
}

void Decisions::digest(Digest& out) const {
  out.add(started_, recalled_, waiting_, reunion_since_, settled_);
}

}  // namespace multiaz::replication
