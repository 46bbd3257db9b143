// The API's own description. A test holds it against the table of routes and against docs/.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace multiaz::orchestrator {

// Method and path of every route, as the table in api.cc has them.
std::vector<std::pair<std::string, std::string>> api_routes();
// The same as documented.
std::vector<std::pair<std::string, std::string>> documented_routes();

// OpenAPI 3.0, as JSON.
std::string openapi_json();

}  // namespace multiaz::orchestrator
