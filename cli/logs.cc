// `multiaz logs`: the log lines of the processes, merged by time, from the run folder (works
// without the orchestrator).
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/paths.h"
#include "base/rt/sync.h"
#include "base/wire/url.h"
#include "cli/answer.h"
#include "cli/log_lines.h"
#include "cli/remote.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

constexpr uint64_t kFollowPollMs = 100;
constexpr size_t kIdColumns = 13;

// Reads what was added to a file since the last read.
class Tail {
 public:
  Tail(std::string path, std::string id) : path_(std::move(path)), id_(std::move(id)) {}
  void read_news(std::vector<LogLine>& into) {
    struct stat now {};
    if (stat(path_.c_str(), &now) == 0 && now.st_size < at_) at_ = 0;  // the file was rotated
    std::FILE* file = std::fopen(path_.c_str(), "rb");
    if (!file) return;
    std::fseek(file, at_, SEEK_SET);
    char piece[64 * 1024];
    size_t got = 0;
    while ((got = std::fread(piece, 1, sizeof piece, file)) > 0) {
      at_ += static_cast<long>(got);
      rest_.append(piece, got);
    }
    std::fclose(file);
    size_t end = 0;
    while ((end = rest_.find('\n')) != std::string::npos) {
      LogLine line = parse_log_line(id_, std::string_view(rest_).substr(0, end));
      // A line without a time belongs to the line before it.
      if (line.wall.empty()) line.wall = last_wall_;
      last_wall_ = line.wall;
      into.push_back(std::move(line));
      rest_.erase(0, end + 1);
    }
  }

 private:
  std::string path_, id_, rest_, last_wall_;
  long at_ = 0;
};

bool exists(const std::string& path) {
  return access(path.c_str(), R_OK) == 0;
}

Colour colour_of_level(LogLevel level) {
  if (level == LogLevel::kError) return Colour::kRed;
  if (level == LogLevel::kWarn) return Colour::kYellow;
  return level == LogLevel::kDebug ? Colour::kDim : Colour::kPlain;
}

std::string shown_line(const LogLine& line, bool several) {
  std::string id = line.id;
  if (id.size() < kIdColumns) id.resize(kIdColumns, ' ');
  const std::string time = line.wall.size() > 11 ? line.wall.substr(11, 12) : "            ";
  return coloured(Colour::kDim, time) + " " + (several ? coloured(Colour::kBold, id) + " " : "") +
         coloured(colour_of_level(line.level), line.text) + "\n";
}

// Prints all new lines of all files, in the order of time.
void print_news(std::vector<Tail>& tails, const Options& options, size_t last) {
  std::vector<LogLine> lines;
  for (Tail& tail : tails) tail.read_news(lines);
  const LogLevel least = log_level_from(options.level);
  std::erase_if(lines, [&](const LogLine& line) { return line.level < least; });
  std::stable_sort(lines.begin(), lines.end(),
                   [](const LogLine& a, const LogLine& b) { return a.wall < b.wall; });
  const size_t first = last > 0 && lines.size() > last ? lines.size() - last : 0;
  for (size_t i = first; i < lines.size(); ++i) {
    print(options.json ? log_line_json(lines[i]) + "\n" : shown_line(lines[i], tails.size() > 1));
  }
}

std::vector<std::string> all_logs(const std::string& folder) {
  std::vector<std::string> ids;
  for (const auto& entry : entries_of(folder)) {
    if (entry.extension() == ".log") ids.push_back(entry.stem());
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace

rt::Task<int> verb_logs(Options options) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  const std::string logs = folder->path + "/logs/";
  std::vector<std::string> ids;
  if (options.target.empty()) {
    ids = all_logs(logs);
  } else if (exists(logs + options.target + ".log")) {
    ids.push_back(options.target);
  } else {
    Remote remote(std::move(*folder));
    const std::string route = "/v1/resolve?target=" + wire::percent_encode(options.target);
    const auto answer = co_await remote.get(route);
    if (answer) {
      const auto list = array_of(*answer);
      if (!list) co_return complain(list.error());
      for (const auto& item : *list) ids.push_back(jsonio::shown(item));
    } else {
      // None of them is running now, which may be why the user asks: the logs still exist.
      for (const std::string& id : all_logs(logs)) {
        if (id.starts_with(options.target + "-")) ids.push_back(id);
      }
      if (ids.empty()) co_return complain(answer.error());
    }
  }
  std::vector<Tail> tails;
  for (const std::string& id : ids) tails.emplace_back(logs + id + ".log", id);
  print_news(tails, options, options.lines);
  while (options.follow && exists(logs)) {
    co_await rt::sleep_ms(kFollowPollMs);
    if (options.target.empty()) {  // new instances join
      for (const std::string& id : all_logs(logs)) {
        if (std::find(ids.begin(), ids.end(), id) != ids.end()) continue;
        ids.push_back(id);
        tails.emplace_back(logs + id + ".log", id);
      }
    }
    print_news(tails, options, 0);
  }
  co_return kExitOk;
}

}  // namespace multiaz::cli
