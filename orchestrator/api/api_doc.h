// The API's own description. A test compares it with the table of routes and with docs/.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace multiaz::orchestrator {

// Method and path of every route in the table of api.cc.
std::vector<std::pair<std::string, std::string>> api_routes();
// The same for the routes that are documented.
std::vector<std::pair<std::string, std::string>> documented_routes();

// The OpenAPI 3.0 document, as JSON.
std::string openapi_json();

}  // namespace multiaz::orchestrator
