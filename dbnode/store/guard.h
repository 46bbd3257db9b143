// Which actions of SQL text SQLite's authorizer allows. Pure.
#pragma once

#include <string_view>

namespace multiaz::dbnode::store {

// `argument` is null when the pragma is only read.
bool pragma_allowed(std::string_view name, const char* argument);
bool function_allowed(std::string_view name);
// Whether SQL may create or use this virtual table module.
bool module_allowed(std::string_view name);

}  // namespace multiaz::dbnode::store
