#include "replication/core/manager_views.h"

#include <algorithm>

namespace multiaz::replication {
namespace {
// The pause before a view is sent again to a member that reports an older one.
constexpr uint32_t kResendMs = 200;
}  // namespace

// The view is durable before any member gets it (rule 1).
void Views::publish(View view, Epoch epoch, const std::string& kind, const NodeId& target,
                    const std::string& text) {
  const View& old = state_.view;
  CHECK(epoch > old.epoch && view.in_sync_member(view.primary) != nullptr);
  const bool replaced = view.primary != old.primary || view.launch != old.launch;
  if (old.epoch.raw > 0 && replaced && !roster_.proven_dead(old.primary, old.launch)) {
    std::erase_if(state_.unfenced, [&](const ManagerState::Former& former) {
      return former.id == old.primary && former.launch == old.launch;
    });
    state_.unfenced.push_back({old.primary, old.launch, epoch});
  }
  view.epoch = epoch;
  set_learners(view);
  state_.view = std::move(view);
  last_wait_.clear();
  step_.emit(PersistState{describe(state_)});
  std::vector<NodeId> to;
  for (auto& [id, s] : roster_.all()) {
    s.sent_at = step_.now();
    to.push_back(id);
  }
  step_.emit(SendView{std::move(to), state_.view, fenced()});
  step_.notice(kind, target, text);
}

void Views::resend(const NodeId& id) {
  if (Roster::Seen* s = roster_.seen(id)) s->sent_at = step_.now();
  step_.emit(SendView{{id}, state_.view, fenced()});
}

void Views::resend_if_older(const MemberReport& e) {
  const Roster::Seen* s = roster_.seen(e.id);
  if (e.view.epoch < epoch() && step_.now() >= s->sent_at + ms(kResendMs)) resend(e.id);
}

void Views::set_learners(View& view) const {
  view.learners.clear();
  for (const PlannedMember& member : config_.members)
    if (view.in_sync_member(member.id) == nullptr)
      view.learners.push_back({member.id, member.candidate});
}

void Views::wait(const std::string& text) {
  if (text == last_wait_) return;
  last_wait_ = text;
  step_.notice("wait", state_.view.primary, text);
}

bool Views::fenced() const {
  for (const ManagerState::Former& former : state_.unfenced)
    if (former.id != state_.view.primary || former.launch != state_.view.launch) return false;
  return !state_.unknown_past;
}

void Views::send_if_fenced() {
  if (epoch().raw > 0 && fenced()) resend(state_.view.primary);
}

// A former primary that acts in a newer view has stepped down, so its lease is as void as if it
// were dead.
void Views::acts_in(const NodeId& id, Launch launch, Epoch acked) {
  const size_t erased = std::erase_if(state_.unfenced, [&](const ManagerState::Former& former) {
    return former.id == id && (roster_.proven_dead(id, former.launch) ||
                               (former.launch == launch && acked >= former.until));
  });
  if (erased > 0) send_if_fenced();
}

void Views::exited(const MemberExited& e) {
  std::erase_if(state_.unfenced, [&](const ManagerState::Former& former) {
    return former.id == e.id && former.launch <= e.launch;
  });
  send_if_fenced();
}

// The new primary waited for every lease before it became active.
void Views::primary_serves() {
  state_.unfenced.clear();
  state_.unknown_past = false;
}

void Views::forget_past() {
  state_.unfenced.clear();
  state_.unknown_past = true;
}

}  // namespace multiaz::replication
