// The status report of a member.
#pragma once

#include "base/wire/control_types.h"
#include "replication/member/shared.h"

namespace multiaz::replication {

GroupStatus group_status(const Shared& shared);
void fill_report(const Shared& shared, wire::StatusReport& report);

}  // namespace multiaz::replication
