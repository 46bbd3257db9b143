// What RDS and ElastiCache call what happened: the ids of their events. Where the order or the use
// of an id is not documented, it is our choice.
#pragma once

#include <string>
#include <string_view>

namespace multiaz::orchestrator {

// Of an event's kind ("exit", "promote", ...) about an instance or group; "" when AWS has none.
std::string aws_event(std::string_view kind, std::string_view target);

}  // namespace multiaz::orchestrator
