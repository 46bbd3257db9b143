// The versions that the server reports.
#pragma once

#include <string_view>

namespace multiaz::cachenode {

// The version of Redis whose behaviour is followed: clients choose features by it.
constexpr std::string_view kRedisVersion = "7.0.15";
constexpr std::string_view kVersion = "0.1.0";  // the version of multiaz

}  // namespace multiaz::cachenode
