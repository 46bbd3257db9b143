// The copies and destructor of a wide variant, compiled here and nowhere else (STYLE.md).
#include "base/wire/control.h"

namespace multiaz::wire {

ControlMessage::ControlMessage(const ControlMessage&) = default;
ControlMessage::ControlMessage(ControlMessage&&) noexcept = default;
ControlMessage& ControlMessage::operator=(const ControlMessage&) = default;
ControlMessage& ControlMessage::operator=(ControlMessage&&) noexcept = default;
ControlMessage::~ControlMessage() = default;

}  // namespace multiaz::wire
