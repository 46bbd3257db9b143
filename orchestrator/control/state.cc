#include "orchestrator/control/state.h"

namespace multiaz::orchestrator {

Health health_of(const State& state) {
  static const std::set<std::string> kNone;
  const bool blind = state.mistake == Mistake::kRestoringIsHealthy;
  return check_health(state.plan, state.instances, state.views, blind ? kNone : state.paused);
}

}  // namespace multiaz::orchestrator
