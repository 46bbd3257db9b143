#include <fmt/format.h>

#include "replication/member.h"

namespace multiaz::replication {

Result<Timings> timings_for(std::string_view profile) {
  Timings timings;
  if (profile == "fast") return timings;
  if (profile != "aws") {
    return Error(Code::kInvalid,
                 fmt::format("profile \"{}\": must be \"fast\" or \"aws\"", profile));
  }
  timings.heartbeat_ms = 1000;
  timings.lease_ms = 10'000;
  timings.grace_ms = 12'500;
  timings.removal_ms = 20'000;
  timings.primary_silent_ms = 30'000;
  timings.request_retry_ms = 1000;
  timings.join_stable_ms = 2000;
  timings.rejoin_penalty_ms = 10'000;
  timings.rejoin_penalty_ms_max = 160'000;
  timings.handover_ms = 10'000;
  return timings;
}

}  // namespace multiaz::replication
