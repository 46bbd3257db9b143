#include "cli/log_lines.h"

#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"

namespace multiaz::cli {

namespace {

constexpr size_t kWallChars = 24;  // "2026-11-21T10:00:00.000Z"

bool has_wall(std::string_view line) {
  return line.size() > kWallChars && line[4] == '-' && line[10] == 'T' &&
         line[kWallChars - 1] == 'Z' && line[kWallChars] == ' ';
}

}  // namespace

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarn: return "warn";
    case LogLevel::kError: return "error";
  }
  return "?";
}

LogLevel log_level_from(std::string_view word) {
  if (word == "info") return LogLevel::kInfo;
  if (word.starts_with("warn")) return LogLevel::kWarn;
  if (word.starts_with("err") || word == "critical") return LogLevel::kError;
  return LogLevel::kDebug;
}

LogLine parse_log_line(std::string_view id, std::string_view line) {
  LogLine out;
  out.id = std::string(id);
  if (!has_wall(line)) {
    out.text = std::string(line);
    return out;
  }
  out.wall = std::string(line.substr(0, kWallChars));
  line.remove_prefix(kWallChars + 1);
  const size_t level = line.find(' ');
  out.level = log_level_from(line.substr(0, level));
  line.remove_prefix(level == std::string_view::npos ? line.size() : level + 1);
  const size_t name = line.find(' ');
  line.remove_prefix(name == std::string_view::npos ? 0 : name + 1);
  out.text = std::string(line);
  return out;
}

std::string log_line_json(const LogLine& line) {
  nlohmann::ordered_json out;
  out["id"] = line.id;
  out["wall"] = line.wall;
  out["level"] = to_string(line.level);
  out["text"] = line.text;
  return jsonio::dump(out);
}

}  // namespace multiaz::cli
