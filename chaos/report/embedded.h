// chaos/report/script, compiled in.
#pragma once

#include <span>

#include "base/core/embedded.h"

namespace multiaz::chaos {

std::span<const EmbeddedFile> embedded_script();

}  // namespace multiaz::chaos
