// `multiaz events`: the cluster's log of decisions.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/core/clock.h"
#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/core/printable.h"
#include "cli/orchestrator_state.h"
#include "cli/remote.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

constexpr size_t kKindColumns = 17;
constexpr size_t kTargetColumns = 13;
constexpr size_t kWallTime = 11;  // the characters of "2026-11-20T"
constexpr size_t kWallTimeChars = 12;

std::string padded(std::string text, size_t columns) {
  if (text.size() < columns) text.resize(columns, ' ');
  return text;
}

Colour colour_of(const std::string& kind) {
  if (kind == "exit" || kind == "kill" || kind == "silent" || kind == "refused") {
    return Colour::kRed;
  }
  if (kind == "fault" || kind == "stop" || kind == "zone-down" || kind == "wait") {
    return Colour::kYellow;
  }
  if (kind == "ready" || kind == "serving" || kind == "promote") return Colour::kGreen;
  return Colour::kPlain;
}

// Turns "epoch 2 serves since 3561569309895 ns" into a time, relative to the event's own time.
std::string lease_text(const std::string& text, uint64_t t_ns) {
  for (const char* word : {" since ", " until "}) {
    const size_t at = text.find(word);
    if (at == std::string::npos) continue;
    const uint64_t then = std::strtoull(text.c_str() + at + std::strlen(word), nullptr, 10);
    const uint64_t ago = t_ns > then ? t_ns - then : 0;
    return text.substr(0, at) + word + std::to_string(ago / kMillisecond) + " ms before";
  }
  return text;
}

std::string for_people(std::string_view line) {
  const auto read = jsonio::parse_object(line);
  if (!read) return printable(line) + "\n";
  const nlohmann::json& event = *read;
  const std::string wall = jsonio::text_in(event, "wall");
  const std::string kind = jsonio::text_in(event, "kind");
  std::string text = jsonio::text_in(event, "text");
  if (kind == "lease") text = lease_text(text, jsonio::count_in(event, "t_ns"));
  return coloured(Colour::kDim,
                  wall.size() > kWallTime ? wall.substr(kWallTime, kWallTimeChars) : wall) +
         "  " + coloured(colour_of(kind), padded(kind, kKindColumns)) + " " +
         padded(jsonio::text_in(event, "target"), kTargetColumns) + " " + text + "\n";
}

// Sorts by time, because a daemon that was cut off sends its events late.
std::string in_order_of_time(const std::string& text) {
  std::vector<std::pair<uint64_t, std::string>> lines;
  size_t start = 0, end = 0;
  while ((end = text.find('\n', start)) != std::string::npos) {
    std::string line = text.substr(start, end + 1 - start);
    const auto event = jsonio::parse_object(line);
    const uint64_t t_ns = event ? jsonio::count_in(*event, "t_ns") : 0;
    lines.emplace_back(t_ns, std::move(line));
    start = end + 1;
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string out;
  for (const auto& [t_ns, line] : lines) out += line;
  return out;
}

// Cuts a stream into lines.
class Lines {
 public:
  explicit Lines(const Options& options)
      : json_(options.json), kinds_(options.kinds), instances_(options.instances) {}
  void take(std::string_view piece) {
    rest_ += piece;
    size_t end = 0;
    while ((end = rest_.find('\n')) != std::string::npos) {
      const std::string line = rest_.substr(0, end);
      rest_.erase(0, end + 1);
      if (!wanted(line)) continue;
      print(json_ ? line + "\n" : for_people(line));
    }
  }

 private:
  [[nodiscard]] bool wanted(const std::string& line) const {
    if (kinds_.empty() && instances_.empty()) return true;
    const auto event = jsonio::parse(line);
    if (!event) return false;
    const auto among = [&event](const std::vector<std::string>& words, const char* key) {
      const nlohmann::json* value = jsonio::find(*event, key);
      const std::string text = value ? jsonio::text_or_empty(*value) : "";
      return std::find(words.begin(), words.end(), text) != words.end();
    };
    const bool kind = kinds_.empty() || among(kinds_, "kind");
    return kind && (instances_.empty() || among(instances_, "target") || among(instances_, "zone"));
  }

  bool json_;
  std::vector<std::string> kinds_, instances_;
  std::string rest_;
};

}  // namespace

rt::Task<int> verb_events(Options options) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  const auto state = orchestrator_state(*folder);
  const std::string cluster = folder->name;
  Remote remote(std::move(*folder));
  Lines lines(options);
  const std::string since = "/v1/events?since=" + std::to_string(options.since);
  if (!options.follow) {
    const auto text = co_await remote.get(since);
    if (!text) co_return complain(text.error());
    lines.take(options.json ? *text : in_order_of_time(*text));  // programs sort by seq themselves
    const std::string words = state && !options.json ? words_on(*state, cluster, true) : "";
    if (!words.empty()) print("note: " + words + "\n");
    co_return kExitOk;
  }
  const Status ended =
      co_await remote.stream(since + "&follow=1", [&lines](std::string_view p) { lines.take(p); });
  co_return ended ? kExitOk : complain(ended.error());
}

}  // namespace multiaz::cli
