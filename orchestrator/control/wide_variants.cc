// The copies and destructors of the wide variants, compiled here and nowhere else (STYLE.md).
#include "orchestrator/control/effects.h"
#include "orchestrator/control/events.h"

namespace multiaz::orchestrator {

ControlEvent::ControlEvent(const ControlEvent&) = default;
ControlEvent::ControlEvent(ControlEvent&&) noexcept = default;
ControlEvent& ControlEvent::operator=(const ControlEvent&) = default;
ControlEvent& ControlEvent::operator=(ControlEvent&&) noexcept = default;
ControlEvent::~ControlEvent() = default;

ControlEffect::ControlEffect(const ControlEffect&) = default;
ControlEffect::ControlEffect(ControlEffect&&) noexcept = default;
ControlEffect& ControlEffect::operator=(const ControlEffect&) = default;
ControlEffect& ControlEffect::operator=(ControlEffect&&) noexcept = default;
ControlEffect::~ControlEffect() = default;

}  // namespace multiaz::orchestrator
