// The files of examples/scenarios, compiled in.
#pragma once

#include <span>

#include "base/core/embedded.h"

namespace multiaz::chaos {

std::span<const EmbeddedFile> embedded_scenarios();

}  // namespace multiaz::chaos
