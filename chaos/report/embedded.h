// uPlot (chaos/report/uplot, MIT licence), compiled in.
#pragma once

#include <span>

#include "base/core/embedded.h"

namespace multiaz::chaos {

std::span<const EmbeddedFile> embedded_charts();

}  // namespace multiaz::chaos
