// The ids that RDS and ElastiCache give to their events. Where AWS does not document the order or
// the use of an id, this is the project's choice.
#pragma once

#include <string>
#include <string_view>

namespace multiaz::orchestrator {

// The id for an event's kind ("exit", "promote", ...) about an instance or group; "" when AWS has
// none.
std::string aws_event(std::string_view kind, std::string_view target);

}  // namespace multiaz::orchestrator
