// Reads answers of the API with checks: a server that answers wrongly causes an error, not a crash.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/core/result.h"

namespace multiaz::cli {

// kInternal says what came instead of an object (such as an array).
Result<nlohmann::ordered_json> object_of(const std::string& text);
Result<nlohmann::ordered_json> array_of(const std::string& text);

}  // namespace multiaz::cli
