// The files of webnode/templates, compiled in.
#pragma once

#include <span>

#include "base/core/embedded.h"

namespace multiaz::webnode {

std::span<const EmbeddedFile> embedded_files();

}  // namespace multiaz::webnode
