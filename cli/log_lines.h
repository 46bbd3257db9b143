// Lines of the processes' logs as values: "2026-11-21T10:00:00.000Z info web-a1 text". Pure.
#pragma once

#include <string>
#include <string_view>

namespace multiaz::cli {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

struct LogLine {
  std::string id;  // id of the process
  std::string wall;  // "" when the line has another form (a ready line, a crash)
  LogLevel level = LogLevel::kInfo;
  std::string text;
};

LogLine parse_log_line(std::string_view id, std::string_view line);
std::string_view to_string(LogLevel level);
// Reads "debug", "info", "warn", "error"; anything else counts as debug.
LogLevel log_level_from(std::string_view word);
// The line as {"id","wall","level","text"}.
std::string log_line_json(const LogLine& line);

}  // namespace multiaz::cli
