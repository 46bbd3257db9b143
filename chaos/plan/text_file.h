// Reads whole files as text.
#pragma once

#include <string>

#include "base/core/result.h"

namespace multiaz::chaos {

// kNotFound: "PATH cannot be read".
Result<std::string> read_text(const std::string& path);

}  // namespace multiaz::chaos
