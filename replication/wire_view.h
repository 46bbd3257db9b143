// Converts views, requests and reports between the core's types and the control protocol's, both
// ways, for members and for the orchestrator's configuration manager.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/wire/control_types.h"
#include "replication/core/events.h"
#include "replication/core/manager_events.h"

namespace multiaz::replication {

std::optional<Change> change_from(std::string_view name);
std::optional<State> state_from(std::string_view name);

// `members`: id, address and replication port of every member that the view names.
wire::ViewUpdate to_wire(const std::string& group, const View& view, bool fenced,
                         std::vector<wire::MemberInfo> members);
Result<ViewUpdate> from_wire(const wire::ViewUpdate& update);  // kInvalid

wire::ViewRequest to_wire(const std::string& group, const RequestView& request);
Result<RequestView> from_wire(const wire::ViewRequest& request);

// The part of a status report that the manager needs. Its `state` is kStarting when the text is
// unknown.
Result<MemberReport> member_report(const wire::StatusReport& report);

}  // namespace multiaz::replication
