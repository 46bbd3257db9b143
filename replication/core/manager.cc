// Passes each event to the parts of the manager that it concerns.
#include "replication/core/manager.h"

#include <variant>

#include "replication/core/digest.h"
#include "replication/core/manager_requests.h"

namespace multiaz::replication {
namespace {
// A longer gap between two steps means that this process was stopped.
constexpr uint32_t kAsleepMs = 100;
}  // namespace

class Manager::Impl {
 public:
  Impl(ManagerConfig config, ManagerState stored, Nanos now)
      : config_(std::move(config)),
        step_(now),
        roster_(config_, step_),
        views_(config_, std::move(stored), roster_, step_),
        decisions_(config_, roster_, views_, step_),
        requests_(config_, roster_, views_, decisions_, step_) {}

  ManagerEffects step(Nanos now, const ManagerEvent& event);
  const ManagerState& state() const { return views_.state(); }
  const Roster& roster() const { return roster_; }
  uint64_t digest() const;

 private:
  void on(const MemberReport& e);
  void on(const MemberExited& e);
  void on(const ViewAcked& e);
  void on(const ViewRequested& e) { requests_.requested(e); }
  void on(const SwitchoverRequest& e) { requests_.switch_over(e); }
  void on(const ForcePromote& e) { requests_.force(e); }
  void on(const MembersChanged& e);
  void on(const ManagerTick&) { decisions_.decide(); }

  ManagerConfig config_;
  ManagerStep step_;
  Roster roster_;
  Views views_;
  Decisions decisions_;
  ManagerRequests requests_;
};

ManagerEffects Manager::Impl::step(Nanos now, const ManagerEvent& event) {
  const Nanos before = step_.begin(now);
  // While this process was stopped no member could report to it, so that gap is not their silence.
  if (now > before + ms(kAsleepMs)) roster_.slept(now - before);
  std::visit([this](const auto& e) { on(e); }, event);
  return step_.take();
}

void Manager::Impl::on(const MemberReport& e) {
  if (!roster_.reported(e)) return;
  decisions_.notice_later_view(e);
  views_.acts_in(e.id, e.launch, e.view.epoch);
  if (e.state == State::kPrimary && e.view.epoch == views_.epoch()) views_.primary_serves();
  decisions_.decide();
  views_.resend_if_older(e);
}

void Manager::Impl::on(const MemberExited& e) {
  if (!roster_.exited(e)) return;
  views_.exited(e);
  decisions_.decide();
}

void Manager::Impl::on(const ViewAcked& e) {
  views_.acts_in(e.id, e.launch, e.epoch);
  decisions_.decide();
}

void Manager::Impl::on(const MembersChanged& e) {
  config_.members = e.members;
  roster_.replanned();
  decisions_.decide();
}

uint64_t Manager::Impl::digest() const {
  Digest out;
  out.add(describe(state()));
  decisions_.digest(out);
  roster_.digest(out);
  return out.value();
}

Manager::Manager(ManagerConfig config, ManagerState stored, Nanos now)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(stored), now)) {}
Manager::~Manager() = default;
ManagerEffects Manager::step(Nanos now, const ManagerEvent& event) {
  return impl_->step(now, event);
}
const ManagerState& Manager::state() const {
  return impl_->state();
}
bool Manager::alive(const NodeId& id) const {
  return impl_->roster().alive(id);
}
uint64_t Manager::digest() const {
  return impl_->digest();
}

}  // namespace multiaz::replication
