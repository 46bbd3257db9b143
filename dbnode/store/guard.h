// What SQL text may ask of SQLite (the authorizer's decision), pure.
#pragma once

#include <string_view>

namespace multiaz::dbnode::store {

// `argument` is null when the pragma is only read.
bool pragma_allowed(std::string_view name, const char* argument);
bool function_allowed(std::string_view name);
// Virtual table modules that SQL may create or use.
bool module_allowed(std::string_view name);

}  // namespace multiaz::dbnode::store
