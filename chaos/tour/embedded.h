// The files of examples/stages, compiled in.
#pragma once

#include <span>

#include "base/core/embedded.h"

namespace multiaz::chaos {

std::span<const EmbeddedFile> embedded_stages();

}  // namespace multiaz::chaos
