// Dispatch, and what is known of each member.
#include "replication/core/manager.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "replication/core/digest.h"
#include "replication/core/manager_impl.h"

namespace multiaz::replication {

Manager::Impl::Impl(ManagerConfig config, ManagerState stored, Nanos now)
    : config_(std::move(config)), state_(std::move(stored)), now_(now), started_(now) {
  for (const PlannedMember& member : config_.members) seen_[member.id].at = now;
}

ManagerEffects Manager::Impl::step(Nanos now, const ManagerEvent& event) {
  CHECK(now >= now_);
  const Nanos before = std::exchange(now_, now);
  // While this process was stopped nobody could report to it: that is not their silence.
  if (now > before + ms(kAsleepMs))
    for (auto& [id, seen] : seen_) seen.at = std::min(now, seen.at + (now - before));
  std::visit([this](const auto& e) { on(e); }, event);
  return std::exchange(out_, {});
}

Manager::Impl::Seen* Manager::Impl::seen(const NodeId& id) {
  const auto found = seen_.find(id);
  return found == seen_.end() ? nullptr : &found->second;
}
const Manager::Impl::Seen* Manager::Impl::seen(const NodeId& id) const {
  const auto found = seen_.find(id);
  return found == seen_.end() ? nullptr : &found->second;
}

const PlannedMember* Manager::Impl::planned(const NodeId& id) const {
  for (const PlannedMember& member : config_.members)
    if (member.id == id) return &member;
  return nullptr;
}

bool Manager::Impl::alive(const NodeId& id) const {
  const Seen* s = seen(id);
  return s != nullptr && s->report && s->report->launch > s->dead &&
         now_ <= s->at + ms(config_.silence_ms);
}

void Manager::Impl::on(const MemberReport& e) {
  Seen* s = seen(e.id);
  if (s == nullptr || e.launch <= s->dead) return;
  if (s->report && e.launch < s->report->launch && alive(e.id)) return;  // of a former process
  // A newer process of an instance starts only after the supervisor reaped the one before.
  if (s->report && e.launch > s->report->launch) s->dead = std::max(s->dead, s->report->launch);
  s->report = e;
  s->at = now_;
  if (e.view.epoch > epoch() && (!recalled_ || recalled_->epoch < e.view.epoch)) {
    recalled_ = e.view;
    notice("amnesia", e.id,
           fmt::format("{} acts in epoch {}, the stored state knows only {}: it is an older copy",
                       e.id.raw, e.view.epoch.raw, epoch().raw));
  }
  acts_in(e.id, e.launch, e.view.epoch);
  if (e.state == State::kPrimary && e.view.epoch == epoch()) {
    state_.unfenced.clear();  // it waited for every lease before it became active
    state_.unknown_past = false;
  }
  decide();
  if (e.view.epoch < epoch() && now_ >= s->sent_at + ms(kResendMs)) resend(e.id);
}

void Manager::Impl::on(const MemberExited& e) {
  Seen* s = seen(e.id);
  if (s == nullptr || e.launch <= s->dead) return;
  s->dead = e.launch;
  std::erase_if(state_.unfenced, [&](const ManagerState::Former& former) {
    return former.id == e.id && former.launch <= e.launch;
  });
  send_if_fenced();
  decide();
}

void Manager::Impl::on(const ViewAcked& e) {
  acts_in(e.id, e.launch, e.epoch);
  decide();
}

// Acting in a newer view is as good as death for a former primary's lease: it stepped down.
void Manager::Impl::acts_in(const NodeId& id, Launch launch, Epoch acked) {
  const size_t before = state_.unfenced.size();
  std::erase_if(state_.unfenced, [&](const ManagerState::Former& former) {
    return former.id == id &&
           (proven_dead(id, former.launch) || (former.launch == launch && acked >= former.until));
  });
  if (state_.unfenced.size() != before) send_if_fenced();
}

void Manager::Impl::send_if_fenced() {
  if (epoch().raw > 0 && fenced(state_.view)) resend(state_.view.primary);
}

void Manager::Impl::resend(const NodeId& id) {
  if (Seen* s = seen(id)) s->sent_at = now_;
  out_.push_back(SendView{{id}, state_.view, fenced(state_.view)});
}

void Manager::Impl::on(const MembersChanged& e) {
  config_.members = e.members;
  for (const PlannedMember& member : config_.members)
    if (!seen_.contains(member.id)) seen_[member.id].at = now_;
  std::erase_if(seen_, [&](const auto& entry) { return planned(entry.first) == nullptr; });
  decide();
}

void Manager::Impl::on(const ManagerTick&) {
  decide();
}

void Manager::Impl::notice(std::string kind, NodeId target, std::string text) {
  ManagerNotice out{std::move(kind), std::move(target), std::move(text)};
  out_.emplace_back(std::move(out));
}

void Manager::Impl::answer(bool ok, std::string text) {
  Answer out{ok, std::move(text)};
  out_.emplace_back(std::move(out));
}

uint64_t Manager::Impl::digest() const {
  Digest out;
  out.add(describe(state_), started_, recalled_, waiting_, reunion_since_, settled_);
  for (const auto& [id, seen] : seen_) {
    out.add(id, seen.at, seen.dead, seen.sent_at, seen.report.has_value());
    if (!seen.report) continue;
    const MemberReport& r = *seen.report;
    out.add(r.launch, r.incarnation, r.view, static_cast<uint64_t>(r.state), r.tail_epoch, r.tail);
  }
  return out.value();
}

Manager::Manager(ManagerConfig config, ManagerState stored, Nanos now)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(stored), now)) {}
Manager::~Manager() = default;
ManagerEffects Manager::step(Nanos now, const ManagerEvent& event) {
  return impl_->step(now, event);
}
const ManagerState& Manager::state() const {
  return impl_->state_;
}
bool Manager::alive(const NodeId& id) const {
  return impl_->alive(id);
}
uint64_t Manager::digest() const {
  return impl_->digest();
}

}  // namespace multiaz::replication
