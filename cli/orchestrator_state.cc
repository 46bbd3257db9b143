#include "cli/orchestrator_state.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/core/clock.h"
#include "base/core/jsonio.h"

namespace multiaz::cli {

namespace {

std::string seconds(int64_t ms) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(std::max<int64_t>(ms, 0)) / 1000);
  return text;
}

}  // namespace

std::optional<OrchestratorState> orchestrator_state(const ClusterFolder& folder) {
  const auto text = read_file(folder.path + "/orchestrator.json");
  if (!text) return std::nullopt;
  const auto json = jsonio::parse_object(*text);
  if (!json) return std::nullopt;
  const auto number = [&](const char* key) -> uint64_t {
    const auto value = jsonio::count(*json, key, 0);
    return value ? *value : 0;
  };
  OrchestratorState state;
  state.pid = static_cast<int64_t>(number("pid"));
  state.restarts = number("restarts");
  state.failures = number("failures");
  if (const auto end = jsonio::text(*json, "last_end", "")) state.last_end = *end;
  state.last_end_unix_ms = static_cast<int64_t>(number("last_end_unix_ms"));
  state.next_start_unix_ms = static_cast<int64_t>(number("next_start_unix_ms"));
  return state;
}

std::string words_on(const OrchestratorState& state, const std::string& cluster, bool answers) {
  if (state.last_end.empty()) return "";
  const int64_t now = wall_now_ms();
  const std::string end = state.last_end + " " + seconds(now - state.last_end_unix_ms) + " ago";
  const std::string row =
      state.failures > 1 ? ", " + std::to_string(state.failures) + " times in a row" : "";
  if (answers || (state.pid != 0 && !state.fails())) {
    return "the orchestrator was started again " + std::to_string(state.restarts) +
           (state.restarts == 1 ? " time" : " times") + "; its last end: " + end;
  }
  const std::string next =
      state.pid != 0 ? "it has been started again"
                     : "it is started again in " + seconds(state.next_start_unix_ms - now);
  return "the orchestrator is down: " + end + row + "; " + next +
         ", without a limit. The other processes go on serving. See: multiaz logs orchestrator --name " + cluster;
}

}  // namespace multiaz::cli
