#include "base/core/log.h"

#include <utility>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/core/printable.h"

namespace multiaz::log {

void start(std::string_view process, Level level) {
  auto logger = spdlog::stderr_logger_mt(std::string(process));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %n %v", spdlog::pattern_time_type::utc);
  logger->set_level(level == Level::kDebug  ? spdlog::level::debug
                    : level == Level::kInfo ? spdlog::level::info
                    : level == Level::kWarn ? spdlog::level::warn
                                            : spdlog::level::err);
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

bool set_level(std::string_view level) {
  if (level == "debug")
    spdlog::set_level(spdlog::level::debug);
  else if (level == "info")
    spdlog::set_level(spdlog::level::info);
  else if (level == "warn")
    spdlog::set_level(spdlog::level::warn);
  else if (level == "error")
    spdlog::set_level(spdlog::level::err);
  else
    return false;
  return true;
}

void debug(std::string_view text) {
  spdlog::debug("{}", printable(text));
}
void info(std::string_view text) {
  spdlog::info("{}", printable(text));
}
void warn(std::string_view text) {
  spdlog::warn("{}", printable(text));
}
void error(std::string_view text) {
  spdlog::error("{}", printable(text));
}

}  // namespace multiaz::log
