#include "replication/driver/effect_queue.h"

#include <utility>
#include <variant>

#include "base/core/check.h"

namespace multiaz::replication {

namespace {

bool is_barrier(const Effect& effect) {
  return std::holds_alternative<PersistView>(effect) ||
         std::holds_alternative<TruncateLog>(effect) ||
         std::holds_alternative<InstallSnapshot>(effect);
}

}  // namespace

void EffectQueue::push(Effect effect) {
  count(effect, 1);
  effects_.push_back(std::move(effect));
}

void EffectQueue::count(const Effect& effect, int by) {
  if (const auto* role = std::get_if<RoleChanged>(&effect)) {
    if (role->state != State::kPrimary) role_ends_ += by;
  } else if (std::holds_alternative<Rollback>(effect)) {
    rollbacks_ += by;
  } else if (std::holds_alternative<InstallSnapshot>(effect)) {
    installs_ += by;
  }
}

bool EffectQueue::waits_for_machine(const Effect& effect) const {
  if (!lags()) return false;
  if (const auto* role = std::get_if<RoleChanged>(&effect)) {
    return role->state == State::kPrimary && bug_ != Bug::kServeBeforeApplied;
  }
  return std::holds_alternative<CommitPoint>(effect) || std::holds_alternative<Rollback>(effect) ||
         std::holds_alternative<InstallSnapshot>(effect) ||
         std::holds_alternative<SendSnapshot>(effect);
}

bool EffectQueue::ready() const {
  return !effects_.empty() && !barrier_ && !waits_for_machine(effects_.front());
}

Effect EffectQueue::take() {
  CHECK(ready());
  Effect effect = std::move(effects_.front());
  effects_.pop_front();
  count(effect, -1);
  const bool leaves_early =
      bug_ == Bug::kLeaveBeforeStored && std::holds_alternative<PersistView>(effect);
  barrier_ = is_barrier(effect) && !leaves_early;
  return effect;
}

void EffectQueue::clear() {
  effects_.clear();
  barrier_ = rebuilding_ = false;
  role_ends_ = rollbacks_ = installs_ = 0;
}

void EffectQueue::rebuild() {
  rebuilding_ = true;
  barrier_ = bug_ != Bug::kApplyBeforeRebuild;
}

}  // namespace multiaz::replication
