// Structured log lines on stderr: `2026-11-20T23:48:26.123Z info cache-a1 text`. The supervisor
// sends stderr to the instance's log file. A line of level error fails a system test. A text stays
// one line whatever it quotes (printable.h).
#pragma once

#include <string_view>

namespace multiaz::log {

enum class Level { kDebug, kInfo, kWarn, kError };

// Names the process in every line. Called once, before the first thread starts.
void start(std::string_view process, Level level = Level::kInfo);
// Takes "debug", "info", "warn" or "error"; anything else leaves the level as it is and returns
// false.
bool set_level(std::string_view level);

void debug(std::string_view text);
void info(std::string_view text);
void warn(std::string_view text);
void error(std::string_view text);

}  // namespace multiaz::log
