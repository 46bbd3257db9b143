// Cron lines as EC2 Auto Scaling takes them for scheduled actions: five fields (minute, hour, day
// of month, month, day of week) in UTC.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/core/result.h"

namespace multiaz::orchestrator {

struct Cron {
  // Bit n is set when the field names n.
  uint64_t minutes = 0, hours = 0, days = 0, months = 0, weekdays = 0;  // Sunday is 0
  // True for "*". When both fields name days, a day that one of them names suffices.
  bool any_day = true, any_weekday = true;
};

// "30 8 * * 1-5", "*/10 9-17 1,15 JAN-MAR *". kInvalid names the field and what is allowed.
Result<Cron> parse_cron(const std::string& line);

// The first whole minute after that time (milliseconds of the wall clock) that the line names.
// Nothing when there is none within four years (31 February).
std::optional<int64_t> next_time(const Cron& cron, int64_t after_ms);

}  // namespace multiaz::orchestrator
