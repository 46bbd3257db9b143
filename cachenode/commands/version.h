// What the server says it is.
#pragma once

#include <string_view>

namespace multiaz::cachenode {

// Clients choose features by this: the version of Redis whose behaviour is followed.
constexpr std::string_view kRedisVersion = "7.0.15";
constexpr std::string_view kVersion = "0.1.0";  // of multiaz

}  // namespace multiaz::cachenode
