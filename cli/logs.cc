// `multiaz logs`: the processes' own words, from the run folder (works without the orchestrator).
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "base/rt/sync.h"
#include "base/wire/url.h"
#include "cli/remote.h"
#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

constexpr uint64_t kFollowPollMs = 100;

// What a file got since it was last read.
class Tail {
 public:
  Tail(std::string path, std::string prefix) : path_(std::move(path)), prefix_(std::move(prefix)) {}
  void print_news() {
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
      print(prefix_ + rest_.substr(0, end + 1));
      rest_.erase(0, end + 1);
    }
  }

 private:
  std::string path_, prefix_, rest_;
  long at_ = 0;
};

bool exists(const std::string& path) {
  return access(path.c_str(), R_OK) == 0;
}

}  // namespace

rt::Task<int> verb_logs(Options options) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  const std::string logs = folder->path + "/logs/";
  std::vector<std::string> ids;
  if (exists(logs + options.target + ".log")) {
    ids.push_back(options.target);
  } else {
    Remote remote(std::move(*folder));
    const auto answer =
        co_await remote.get("/v1/resolve?target=" + wire::percent_encode(options.target));
    if (!answer) co_return complain(answer.error());
    ids = nlohmann::json::parse(*answer).get<std::vector<std::string>>();
  }
  std::vector<Tail> tails;
  for (const std::string& id : ids) {
    tails.emplace_back(logs + id + ".log", ids.size() > 1 ? id + " | " : "");
  }
  for (Tail& tail : tails) tail.print_news();
  while (options.follow && exists(logs)) {
    co_await rt::sleep_ms(kFollowPollMs);
    for (Tail& tail : tails) tail.print_news();
  }
  co_return kExitOk;
}

}  // namespace multiaz::cli
